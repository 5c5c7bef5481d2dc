import { Injectable } from '@nestjs/common';
import { bytesToUuid, uuidToBytes } from '@app/crypto';
import { BatchSize, LruMap, WriteQueue, type SqliteHandle } from '@app/platform';
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
          'SELECT row, seq, client_id, sealed IS NOT NULL AS text FROM messages WHERE ref = ? AND sender_id = ? AND client_id > ? ORDER BY client_id LIMIT ?',
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

  private eraseRows(db: SqliteHandle, ref: number, sender: Buffer, rows: readonly Row[]): void {
    const chatId = db.prepare('SELECT chat_id FROM heads WHERE ref = ?').pluck().get(ref) as
      Buffer | undefined;
    if (chatId) this.states.drop(bytesToUuid(chatId));
    if (rows.length === 0) return;
    const erase = db.prepare('UPDATE messages SET sealed = NULL, deleted_at = ? WHERE row = ?');
    const at = Date.now();
    for (const { row } of rows) erase.run(at, row);
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
