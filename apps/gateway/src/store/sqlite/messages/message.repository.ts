import { Inject, Injectable } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { isDamaged, sqliteHandle, type SqliteHandle } from '@app/platform';
import type { Statement } from 'better-sqlite3';
import type { DataSource } from 'typeorm';
import { BLANK_ROW, type MessageRow, type StoredHead, type StoredMark } from './stored-state.js';

/** The id of no user. */
const NOBODY = Buffer.alloc(0);

const COLUMNS = `row, seq, id, sender_id, client_id, sent_at, deleted_at, sealed, reply_to, edited_at, expires_at,
  reactions, first_content, coalesce(first_rev, seq) AS first_rev, coalesce(
    (SELECT rev FROM changes WHERE changes.ref = messages.ref AND changes.seq = messages.seq), first_rev, seq) AS rev`;

/** A message that is about to be stored. */
type NewRow = Omit<MessageRow, 'row' | 'rev' | 'deleted_at'> & { readonly sealed: Buffer };

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
    return this.sql('SELECT ref, last_seq, last_at, last_rev, seals, live FROM heads WHERE chat_id = ?').get(
      chatId,
    ) as StoredHead | undefined;
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
      `INSERT INTO heads (ref, chat_id, last_seq, last_at, last_rev, seals, live)
        SELECT 1 + max((SELECT coalesce(max(ref), 0) FROM heads), (SELECT coalesce(max(ref), 0) FROM leftovers)),
          ?, 0, 0, 0, 0, 0`,
    ).run(chatId);
    return Number(lastInsertRowid);
  }

  /** Stores what is counted of a chat. */
  updateHead(ref: number, head: Omit<StoredHead, 'ref'>): void {
    this.sql(
      'UPDATE heads SET last_seq = ?, last_at = ?, last_rev = ?, seals = ?, live = ? WHERE ref = ?',
    ).run(head.last_seq, head.last_at, head.last_rev, head.seals, head.live, ref);
  }

  /**
   * Appends a message.
   * @returns false when this sender has used this client id in this chat before; nothing is written then
   */
  insert(ref: number, row: NewRow): boolean {
    const { changes } = this.sql(
      `INSERT INTO messages (ref, seq, id, sender_id, client_id, sent_at, sealed, first_rev, reply_to, edited_at,
        expires_at, reactions, first_content) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (ref, sender_id, client_id) DO NOTHING`,
    ).run(
      ref,
      row.seq,
      row.id,
      row.sender_id,
      row.client_id,
      row.sent_at,
      row.sealed,
      row.first_rev,
      row.reply_to,
      row.edited_at,
      row.expires_at,
      row.reactions,
      row.first_content,
    );
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

  /** Makes a tombstone of a row, in place. */
  erase(row: number, deletedAt: number): void {
    this.sql(
      'UPDATE messages SET sealed = NULL, reactions = NULL, first_content = NULL, deleted_at = ? WHERE row = ?',
    ).run(deletedAt, row);
  }

  /** Appends a row anew with another content; a blank row stays in its place. */
  replace(ref: number, row: NewRow & { readonly row: number }): void {
    this.sql(BLANK_ROW).run(row.row);
    this.insert(ref, row);
  }

  /** Stores fewer reactions of a row in place: a row that becomes shorter is not copied. */
  shortenReactions(row: number, reactions: Buffer | null): void {
    this.sql('UPDATE messages SET reactions = ? WHERE row = ?').run(reactions, row);
  }

  /** Notes the revision of a message's latest change. */
  noteChange(ref: number, seq: number, rev: number): void {
    this.sql('DELETE FROM changes WHERE ref = ? AND seq = ?').run(ref, seq);
    this.sql('INSERT INTO changes (ref, rev, seq) VALUES (?, ?, ?)').run(ref, rev, seq);
  }

  /** The messages whose latest change came after a revision, in the order of their changes; those that were only sent are not among them. */
  changedAfter(ref: number, rev: number, limit: number): { rev: number; seq: number }[] {
    return this.sql('SELECT rev, seq FROM changes WHERE ref = ? AND rev > ? ORDER BY rev LIMIT ?').all(
      ref,
      rev,
      limit,
    ) as { rev: number; seq: number }[];
  }

  /** The first message from a seq on, with the revision that it was sent with. */
  firstFrom(ref: number, seq: number): { seq: number; first_rev: number } | undefined {
    return this.sql(
      'SELECT seq, coalesce(first_rev, seq) AS first_rev FROM messages WHERE ref = ? AND seq >= ? ORDER BY seq LIMIT 1',
    ).get(ref, seq) as { seq: number; first_rev: number } | undefined;
  }

  /** Of so many messages from a seq on: those that have not changed since they were sent. */
  unchangedFrom(
    ref: number,
    seq: number,
    count: number,
  ): { seq: number; first_rev: number; changed: 0 | 1 }[] {
    return this.sql(
      `SELECT seq, coalesce(first_rev, seq) AS first_rev,
          EXISTS (SELECT 1 FROM changes WHERE changes.ref = messages.ref AND changes.seq = messages.seq) AS changed
        FROM messages WHERE ref = ? AND seq >= ? ORDER BY seq LIMIT ?`,
    ).all(ref, seq, count) as { seq: number; first_rev: number; changed: 0 | 1 }[];
  }

  /** Notes that a user has reacted to a message. */
  noteReactor(ref: number, seq: number, user: Buffer): void {
    this.sql('INSERT OR IGNORE INTO reactors (user_id, ref, seq) VALUES (?, ?, ?)').run(user, ref, seq);
  }

  /** Notes that a user has no reaction to a message. */
  deleteReactor(ref: number, seq: number, user: Buffer): void {
    this.sql('DELETE FROM reactors WHERE user_id = ? AND ref = ? AND seq = ?').run(user, ref, seq);
  }

  /** Notes when a message expires. */
  noteExpiry(ref: number, seq: number, expiresAt: number): void {
    this.sql('INSERT OR IGNORE INTO expiries (expires_at, ref, seq) VALUES (?, ?, ?)').run(
      expiresAt,
      ref,
      seq,
    );
  }

  /** Notes that a message does not expire any more. */
  deleteExpiry(ref: number, seq: number, expiresAt: number): void {
    this.sql('DELETE FROM expiries WHERE expires_at = ? AND ref = ? AND seq = ?').run(expiresAt, ref, seq);
  }

  /** The messages that have expired, the earliest first. */
  expired(
    at: number,
    most: number,
  ): { expires_at: number; ref: number; seq: number; chat_id: Buffer | null }[] {
    return this.sql(
      `SELECT expires_at, e.ref, seq, chat_id FROM expiries e LEFT JOIN heads h ON h.ref = e.ref
        WHERE expires_at <= ? ORDER BY expires_at LIMIT ?`,
    ).all(at, most) as { expires_at: number; ref: number; seq: number; chat_id: Buffer | null }[];
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
