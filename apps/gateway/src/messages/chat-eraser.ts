import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { LIMITS } from '@app/contracts/edge';
import { bytesToUuid, uuidToBytes } from '@app/crypto';
import { LOGGER, readPragma, Scrubber, WriteQueue, type SqliteHandle } from '@app/platform';
import type { Logger } from 'pino';
import { ChatStates } from './chat-state.js';
import { MessageWriter } from './message-writer.js';

/** How many rows one transaction erases, so that others' messages are stored in between. */
const ROWS_PER_TURN = 2_000;

/** Up to this size the file is rewritten before an erasure is answered (about 4 ms a MB, writes wait meanwhile). */
const REWRITE_BYTES = 48 * 1024 * 1024;

const SWEEP_MS = 10 * 60_000;

/** What was erased of a chat, and when nothing of it was left. */
export interface Erased {
  readonly messagesErased: number;
  readonly erasedAt: number;
}

/**
 * Erases messages so that no byte of them is left in the store's files. A small file is cleared of the rows and
 * rewritten. In a large one the ciphertext is wiped in place, which copies nothing, and the write-ahead log
 * truncated; the emptied rows wait for the next rewrite. Every step can be repeated: whatever a crash interrupts
 * is finished at the next start.
 */
@Injectable()
export class ChatEraser implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly underWay = new Map<string, Promise<Erased>>();
  private sweeper: NodeJS.Timeout | undefined;

  constructor(
    private readonly queue: WriteQueue,
    private readonly scrubber: Scrubber,
    private readonly writer: MessageWriter,
    private readonly states: ChatStates,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Closes every chat whose erasure the last process began, before anything is served, and goes on with it. What the
   * disk does not allow now is asked for again by chat's outbox.
   */
  async onApplicationBootstrap(): Promise<void> {
    const unfinished = await this.queue.transaction(
      (db) =>
        db.prepare('SELECT chat_id AS id FROM erasures WHERE erased_at IS NULL').all() as { id: string }[],
    );
    for (const { id } of unfinished)
      this.erase(id).catch((error: unknown) =>
        this.logger.error({ err: error, chatId: id }, 'an erasure could not be finished yet'),
      );
    this.sweeper = setInterval(() => this.forgetOld(), SWEEP_MS).unref();
  }

  /** Stops the sweep. */
  onModuleDestroy(): void {
    clearInterval(this.sweeper);
  }

  /**
   * Erases all that is stored of a chat; who asks while it is under way, or again within 24 h, gets the same
   * answer.
   */
  erase(chatId: string): Promise<Erased> {
    this.writer.close(chatId);
    let running = this.underWay.get(chatId);
    if (!running) {
      running = this.run(chatId).finally(() => this.underWay.delete(chatId));
      this.underWay.set(chatId, running);
    }
    return running;
  }

  private async run(chatId: string): Promise<Erased> {
    const bytes = uuidToBytes(chatId);
    const begun = await this.queue.transaction((db) => {
      db.prepare('INSERT OR IGNORE INTO erasures (chat_id, messages, started_at) VALUES (?, 0, ?)').run(
        chatId,
        Date.now(),
      );
      const row = db.prepare('SELECT messages, erased_at FROM erasures WHERE chat_id = ?').get(chatId) as {
        messages: number;
        erased_at: number | null;
      };
      const head = db.prepare('SELECT ref FROM heads WHERE chat_id = ?').get(bytes) as
        { ref: number } | undefined;
      return { ...row, ref: head?.ref, small: fileBytes(db) <= REWRITE_BYTES };
    });
    if (begun.erased_at !== null && begun.ref === undefined)
      return { messagesErased: begun.messages, erasedAt: begun.erased_at };
    const { ref, small } = begun;
    if (ref !== undefined) {
      let seq = 0;
      while (seq !== Infinity) {
        const from = seq;
        seq = await this.queue.transaction((db) =>
          small ? removeRows(db, ref, chatId) : wipeRows(db, ref, from, chatId),
        );
      }
      await this.queue.transaction((db) => {
        db.prepare('DELETE FROM marks WHERE ref = ?').run(ref);
        db.prepare('DELETE FROM heads WHERE ref = ?').run(ref);
        if (!small) db.prepare('INSERT OR IGNORE INTO leftovers (ref) VALUES (?)').run(ref);
      });
    }
    this.states.drop(chatId);
    await (small ? this.scrubber.scrub() : this.scrubber.truncateLog());
    return this.queue.transaction((db) => {
      db.prepare('UPDATE erasures SET erased_at = coalesce(erased_at, ?) WHERE chat_id = ?').run(
        Date.now(),
        chatId,
      );
      const row = db.prepare('SELECT messages, erased_at FROM erasures WHERE chat_id = ?').get(chatId) as {
        messages: number;
        erased_at: number;
      };
      return { messagesErased: row.messages, erasedAt: row.erased_at };
    });
  }

  /** Erases the text of every message of a deleted user; tombstones stay. */
  async eraseSender(userId: string): Promise<void> {
    this.writer.refuse(userId);
    const sender = uuidToBytes(userId);
    const heads = await this.queue.transaction(
      (db) =>
        db.prepare('SELECT ref, chat_id AS chatId FROM heads').all() as { ref: number; chatId: Buffer }[],
    );
    for (const { ref, chatId } of heads) {
      let wiped: number;
      do {
        wiped = await this.queue.transaction((db) => {
          const { changes } = db
            .prepare(
              'UPDATE messages SET sealed = NULL, deleted_at = ? WHERE row IN (SELECT row FROM messages WHERE ref = ? AND sender_id = ? AND sealed IS NOT NULL LIMIT ?)',
            )
            .run(Date.now(), ref, sender, ROWS_PER_TURN);
          db.prepare('DELETE FROM marks WHERE ref = ? AND user_id = ?').run(ref, sender);
          // Their messages do not count as unread any more: counted anew from the read mark.
          if (changes > 0) db.prepare('UPDATE marks SET unread = -1 WHERE ref = ?').run(ref);
          this.states.drop(bytesToUuid(chatId));
          return changes;
        });
      } while (wiped === ROWS_PER_TURN);
    }
    await this.queue.transaction((db) => db.prepare('DELETE FROM seen WHERE user_id = ?').run(userId));
    await this.scrubber.truncateLog();
  }

  /** Forgets receipts after 24 h. */
  private forgetOld(): void {
    this.queue
      .transaction((db) =>
        db.prepare('DELETE FROM erasures WHERE erased_at < ?').run(Date.now() - LIMITS.receiptMs),
      )
      .catch((error: unknown) => this.logger.error({ err: error }, 'old receipts could not be forgotten'));
  }
}

function fileBytes(db: SqliteHandle): number {
  return readPragma(db, 'page_count') * readPragma(db, 'page_size');
}

function count(db: SqliteHandle, chatId: string, texts: number): void {
  db.prepare('UPDATE erasures SET messages = messages + ? WHERE chat_id = ?').run(texts, chatId);
}

/** Removes some rows; the rewrite that follows leaves no copy of them. Gives Infinity when none is left. */
function removeRows(db: SqliteHandle, ref: number, chatId: string): number {
  const rows = db
    .prepare('SELECT row, sealed IS NOT NULL AS text FROM messages WHERE ref = ? LIMIT ?')
    .all(ref, ROWS_PER_TURN) as {
    row: number;
    text: number;
  }[];
  const remove = db.prepare('DELETE FROM messages WHERE row = ?');
  for (const { row } of rows) remove.run(row);
  count(db, chatId, rows.filter(({ text }) => text === 1).length);
  return rows.length < ROWS_PER_TURN ? Infinity : 0;
}

/** Wipes some rows in place. Gives the place to go on from, or Infinity. */
function wipeRows(db: SqliteHandle, ref: number, from: number, chatId: string): number {
  const rows = db
    .prepare(
      'SELECT row, seq, sealed IS NOT NULL AS text FROM messages WHERE ref = ? AND seq > ? ORDER BY seq LIMIT ?',
    )
    .all(ref, from, ROWS_PER_TURN) as { row: number; seq: number; text: number }[];
  const wipe = db.prepare('UPDATE messages SET sealed = NULL WHERE row = ? AND sealed IS NOT NULL');
  for (const { row } of rows) wipe.run(row);
  count(db, chatId, rows.filter(({ text }) => text === 1).length);
  return rows.length < ROWS_PER_TURN ? Infinity : (rows.at(-1)?.seq ?? Infinity);
}
