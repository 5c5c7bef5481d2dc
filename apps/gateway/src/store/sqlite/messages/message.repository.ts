import { Inject, Injectable } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { isDamaged, sqliteHandle, type SqliteHandle } from '@app/platform';
import type { Statement } from 'better-sqlite3';
import type { DataSource } from 'typeorm';
import type { StoredHead, StoredMark, MessageRow } from './stored-state.js';

/** The id of no user. */
const NOBODY = Buffer.alloc(0);

const COLUMNS = 'row, seq, id, sender_id, client_id, sent_at, deleted_at, sealed';

/**
 * The message store's prepared statements: the only code that reads or writes its tables on the path of a
 * message. Reads are whole (`all`, `get`), never open cursors, so that a checkpoint meets no reader.
 */
@Injectable()
export class MessageRepository {
  private readonly handle: SqliteHandle;

  constructor(@Inject(getDataSourceToken()) source: DataSource) {
    this.handle = sqliteHandle(source);
  }

  /** The connection keeps each statement it has prepared. */
  private sql(text: string): Statement {
    return this.handle.prepare(text);
  }

  /** The line of a chat, if it has one. */
  head(chatId: Buffer): StoredHead | undefined {
    return this.sql('SELECT ref, last_seq, last_at, seals, live FROM heads WHERE chat_id = ?').get(chatId) as
      StoredHead | undefined;
  }

  /** The last seq that rows of a chat show, whatever its line says. */
  maxSeq(ref: number): number {
    const row = this.sql('SELECT max(seq) AS seq FROM messages WHERE ref = ?').get(ref) as {
      seq: number | null;
    };
    return row.seq ?? 0;
  }

  /** Makes the line of a chat and gives its number: never that of an erased one whose emptied rows are still there. */
  insertHead(chatId: Buffer): number {
    const { lastInsertRowid } = this.sql(
      `INSERT INTO heads (ref, chat_id, last_seq, last_at, seals, live)
        SELECT 1 + max((SELECT coalesce(max(ref), 0) FROM heads), (SELECT coalesce(max(ref), 0) FROM leftovers)),
          ?, 0, 0, 0, 0`,
    ).run(chatId);
    return Number(lastInsertRowid);
  }

  /** Notes a chat's last message, how many seals its key has made, and how many messages are no tombstones. */
  updateHead(ref: number, lastSeq: number, lastAt: number, seals: number, live: number): void {
    this.sql('UPDATE heads SET last_seq = ?, last_at = ?, seals = ?, live = ? WHERE ref = ?').run(
      lastSeq,
      lastAt,
      seals,
      live,
      ref,
    );
  }

  /**
   * Appends a message.
   * @returns false when this sender has used this client id in this chat before; nothing is written then
   */
  insert(
    ref: number,
    seq: number,
    id: Buffer,
    sender: Buffer,
    client: Buffer,
    sentAt: number,
    sealed: Buffer,
  ): boolean {
    const { changes } = this.sql(
      'INSERT INTO messages (ref, seq, id, sender_id, client_id, sent_at, sealed) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (ref, sender_id, client_id) DO NOTHING',
    ).run(ref, seq, id, sender, client, sentAt, sealed);
    return changes === 1;
  }

  /** The message that a sender stored under a client id. */
  byClientId(ref: number, sender: Buffer, client: Buffer): MessageRow | undefined {
    return this.sql(`SELECT ${COLUMNS} FROM messages WHERE ref = ? AND sender_id = ? AND client_id = ?`).get(
      ref,
      sender,
      client,
    ) as MessageRow | undefined;
  }

  /** The message at a place. */
  bySeq(ref: number, seq: number): MessageRow | undefined {
    return this.sql(`SELECT ${COLUMNS} FROM messages WHERE ref = ? AND seq = ?`).get(ref, seq) as
      MessageRow | undefined;
  }

  /** The rows from one place to another, both included, ascending. */
  range(ref: number, from: number, to: number): MessageRow[] {
    return this.sql(`SELECT ${COLUMNS} FROM messages WHERE ref = ? AND seq BETWEEN ? AND ? ORDER BY seq`).all(
      ref,
      from,
      to,
    ) as MessageRow[];
  }

  /** As `range`, of a damaged file: what cannot be read is left out. */
  readable(ref: number, from: number, to: number): MessageRow[] {
    const rows: MessageRow[] = [];
    for (let seq = from; seq <= to; seq++)
      try {
        const row = this.bySeq(ref, seq);
        if (row) rows.push(row);
      } catch (error) {
        if (!isDamaged(error)) throw error;
      }
    return rows;
  }

  /** How many messages of others with text stand above one place and up to another; of a damaged file, those that can be read. */
  countOthers(ref: number, user: Buffer, above: number, upTo: number): number {
    try {
      const row = this.sql(
        'SELECT count(*) AS n FROM messages WHERE ref = ? AND seq > ? AND seq <= ? AND sender_id <> ? AND deleted_at IS NULL',
      ).get(ref, above, upTo, user) as { n: number };
      return row.n;
    } catch (error) {
      if (!isDamaged(error)) throw error;
      return this.readable(ref, above + 1, upTo).filter(
        (row) => !row.sender_id.equals(user) && row.deleted_at === null,
      ).length;
    }
  }

  /** How many messages of one sender with text stand above one place and up to another. */
  countOwn(ref: number, user: Buffer, above: number, upTo: number): number {
    return this.countAll(ref, above, upTo) - this.countOthers(ref, user, above, upTo);
  }

  /** How many messages with text stand above one place and up to another; of a damaged file, those that can be read. */
  countAll(ref: number, above: number, upTo: number): number {
    return this.countOthers(ref, NOBODY, above, upTo);
  }

  /** Empties one row in place: its text is gone, the row stays as a tombstone. */
  wipe(row: number, deletedAt: number): void {
    this.sql('UPDATE messages SET sealed = NULL, deleted_at = ? WHERE row = ?').run(deletedAt, row);
  }

  /** The marks of a chat's members. */
  marks(ref: number): StoredMark[] {
    return this.sql('SELECT user_id, delivered, read, unread, own, counted FROM marks WHERE ref = ?').all(
      ref,
    ) as StoredMark[];
  }

  /** Writes a member's marks. */
  upsertMark(
    ref: number,
    user: Buffer,
    delivered: number,
    read: number,
    unread: number,
    own: number,
    counted: number,
  ): void {
    this.sql(
      `INSERT INTO marks (ref, user_id, delivered, read, unread, own, counted) VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (ref, user_id) DO UPDATE SET delivered = excluded.delivered, read = excluded.read,
          unread = excluded.unread, own = excluded.own, counted = excluded.counted`,
    ).run(ref, user, delivered, read, unread, own, counted);
  }

  /** Removes a member's marks. */
  deleteMark(ref: number, user: Buffer): void {
    this.sql('DELETE FROM marks WHERE ref = ? AND user_id = ?').run(ref, user);
  }

  /** How many messages of someone who left are no tombstones, negative where that is not counted; 0 of anybody else. */
  formerOwn(ref: number, user: Buffer): number {
    const own = this.sql('SELECT own FROM former_authors WHERE ref = ? AND user_id = ?')
      .pluck()
      .get(ref, user) as number | undefined;
    return own ?? 0;
  }

  /** Keeps how many messages someone who leaves has written. */
  keepFormerOwn(ref: number, user: Buffer, own: number): void {
    this.sql('INSERT OR REPLACE INTO former_authors (ref, user_id, own) VALUES (?, ?, ?)').run(
      ref,
      user,
      own,
    );
  }
}
