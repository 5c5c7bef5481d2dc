import { Injectable } from '@nestjs/common';
import { bytesToUuid, uuidToBytes } from '@app/crypto';
import { BatchSize, LruMap, WriteQueue, type SqliteHandle } from '@app/platform';
import { reactorsOf, withoutReaction } from '../../reactions.js';
import { AuthorIndex } from './author-index.js';
import { ChatStates } from '../messages/chat-state.js';
import { Compaction } from './compaction.js';
import { MessageWriter } from '../messages/message-writer.js';

/** What a chat costs in a batch beside its messages, in rows. */
const ROWS_PER_CHAT = 20;

/** How many erased users are remembered: the event of a deletion is repeated until every service has confirmed it. */
const MAX_REMEMBERED = 10_000;

/** Where an erasure stands: within a chat, after a message of the sender. */
interface Place {
  readonly ref: number;
  readonly after: Buffer;
}

interface Row {
  readonly row: number;
  readonly seq: number;
  readonly client_id: Buffer;
  readonly text: number;
  readonly reactions: Buffer | null;
  readonly expires_at: number | null;
}

const START = Buffer.alloc(0);

/**
 * Erases what a deleted user wrote; tombstones stay. Only the chats in which they wrote or read are looked at, and of
 * these only their own messages, in batches between which others' messages are stored.
 */
@Injectable()
export class SenderEraser {
  private readonly underWay = new Map<string, Promise<void>>();
  private readonly erased = new LruMap<string, true>(MAX_REMEMBERED);
  private readonly size = new BatchSize();

  constructor(
    private readonly queue: WriteQueue,
    private readonly compaction: Compaction,
    private readonly writer: MessageWriter,
    private readonly states: ChatStates,
    private readonly authors: AuthorIndex,
  ) {}

  /** Erases the text of every message of a user, once: who asks again while it is under way or later waits for no more. */
  erase(userId: string): Promise<void> {
    this.writer.refuse(userId);
    if (this.erased.get(userId)) return Promise.resolve();
    let running = this.underWay.get(userId);
    if (!running) {
      running = this.run(userId).finally(() => this.underWay.delete(userId));
      this.underWay.set(userId, running);
    }
    return running;
  }

  private async run(userId: string): Promise<void> {
    const sender = uuidToBytes(userId);
    await this.authors.complete();
    let place: Place | undefined = { ref: 0, after: START };
    while (place) {
      const from: Place = place;
      place = await this.size.batch(this.queue, (db, most) => this.eraseSome(db, sender, from, most));
    }
    while (await this.size.batch(this.queue, (db, most) => this.removeReactions(db, sender, most)));
    await this.queue.batch((db) => db.prepare('DELETE FROM seen WHERE user_id = ?').run(userId));
    await this.compaction.clear();
    this.compaction.request();
    this.erased.set(userId, true);
  }

  /** One batch: as many chats and messages as it may touch rows. @returns where the next one begins, if any is left */
  private eraseSome(db: SqliteHandle, sender: Buffer, from: Place, most: number): Place | undefined {
    let { ref, after } = from;
    for (let left = most; left > 0; left -= ROWS_PER_CHAT) {
      if (after === START) {
        const next = nextChat(db, sender, ref);
        if (next === undefined) return undefined;
        ref = next;
      }
      const rows = db
        .prepare(
          'SELECT row, seq, client_id, sealed IS NOT NULL AS text, reactions, expires_at FROM messages WHERE ref = ? AND sender_id = ? AND client_id > ? ORDER BY client_id LIMIT ?',
        )
        .all(ref, sender, after, left) as Row[];
      this.eraseRows(
        db,
        ref,
        sender,
        rows.filter(({ text }) => text === 1),
      );
      const last = rows.at(-1);
      if (rows.length === left && last) return { ref, after: last.client_id };
      for (const table of ['marks', 'former_authors'])
        db.prepare(`DELETE FROM ${table} WHERE ref = ? AND user_id = ?`).run(ref, sender);
      left -= rows.length;
      after = START;
    }
    return { ref, after };
  }

  /** One batch of the messages of others that the user has reacted to. @returns whether any is left */
  private removeReactions(db: SqliteHandle, user: Buffer, most: number): boolean {
    const found = db
      .prepare('SELECT ref, seq FROM reactors WHERE user_id = ? ORDER BY ref, seq LIMIT ?')
      .all(user, most) as { ref: number; seq: number }[];
    for (const { ref, seq } of found) {
      db.prepare('DELETE FROM reactors WHERE user_id = ? AND ref = ? AND seq = ?').run(user, ref, seq);
      const row = db
        .prepare(
          'SELECT row, reactions, chat_id FROM messages m JOIN heads h ON h.ref = m.ref WHERE m.ref = ? AND seq = ?',
        )
        .get(ref, seq) as { row: number; reactions: Buffer | null; chat_id: Buffer } | undefined;
      if (!row?.reactions) continue;
      this.states.evict(bytesToUuid(row.chat_id));
      const { reactions } = row;
      const left = reactorsOf(reactions).length === 0 ? null : withoutReaction(reactions, user);
      db.prepare('UPDATE messages SET reactions = ? WHERE row = ?').run(left, row.row);
      noteChanges(db, ref, [seq]);
    }
    return found.length === most;
  }

  private eraseRows(db: SqliteHandle, ref: number, sender: Buffer, rows: readonly Row[]): void {
    const chatId = db.prepare('SELECT chat_id FROM heads WHERE ref = ?').pluck().get(ref) as
      Buffer | undefined;
    if (chatId) this.states.evict(bytesToUuid(chatId));
    if (rows.length === 0) return;
    const erase = db.prepare(
      'UPDATE messages SET sealed = NULL, reactions = NULL, first_content = NULL, deleted_at = ? WHERE row = ?',
    );
    const at = Date.now();
    for (const { row, seq, reactions, expires_at: expiresAt } of rows) {
      erase.run(at, row);
      for (const user of reactorsOf(reactions))
        db.prepare('DELETE FROM reactors WHERE user_id = ? AND ref = ? AND seq = ?').run(user, ref, seq);
      if (expiresAt !== null)
        db.prepare('DELETE FROM expiries WHERE expires_at = ? AND ref = ? AND seq = ?').run(
          expiresAt,
          ref,
          seq,
        );
    }
    noteChanges(
      db,
      ref,
      rows.map(({ seq }) => seq).toSorted((a, b) => a - b),
    );
    db.prepare('UPDATE heads SET live = live - ? WHERE ref = ? AND live >= ?').run(
      rows.length,
      ref,
      rows.length,
    );
    // They are unread no more. What lies above `counted` is counted when the chat is next read.
    const others = db
      .prepare('SELECT user_id, read, counted FROM marks WHERE ref = ? AND user_id <> ? AND unread > 0')
      .all(ref, sender) as { user_id: Buffer; read: number; counted: number }[];
    for (const { user_id: user, read, counted } of others) {
      const unread = rows.filter(({ seq }) => seq > read && seq <= counted).length;
      db.prepare('UPDATE marks SET unread = max(0, unread - ?) WHERE ref = ? AND user_id = ?').run(
        unread,
        ref,
        user,
      );
    }
  }
}

/** Gives some messages of a chat the next revisions. */
function noteChanges(db: SqliteHandle, ref: number, seqs: readonly number[]): void {
  const head = db.prepare('SELECT max(last_rev, last_seq) FROM heads WHERE ref = ?').pluck().get(ref) as
    number | undefined;
  if (head === undefined) return;
  let rev = head;
  const remove = db.prepare('DELETE FROM changes WHERE ref = ? AND seq = ?');
  const insert = db.prepare('INSERT INTO changes (ref, rev, seq) VALUES (?, ?, ?)');
  for (const seq of seqs) {
    remove.run(ref, seq);
    insert.run(ref, ++rev, seq);
  }
  db.prepare('UPDATE heads SET last_rev = ? WHERE ref = ?').run(rev, ref);
}

/** The next chat in which someone wrote or read, after one. */
function nextChat(db: SqliteHandle, user: Buffer, after: number): number | undefined {
  const next = db
    .prepare(
      `SELECT min(ref) FROM (
        SELECT min(ref) AS ref FROM marks WHERE user_id = ? AND ref > ?
        UNION ALL SELECT min(ref) FROM former_authors WHERE user_id = ? AND ref > ?)`,
    )
    .pluck()
    .get(user, after, user, after) as number | null;
  return next ?? undefined;
}
