import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { LIMITS } from '@app/contracts/edge';
import { uuidToBytes } from '@app/crypto';
import { BatchSize, inBatches, LOGGER, WriteQueue, type SqliteHandle } from '@app/platform';
import type { Logger } from 'pino';
import type { ErasedChat } from '../../message-store.js';
import { reactorsOf } from '../../reactions.js';
import { ChatStates } from '../messages/chat-state.js';
import { Compaction } from './compaction.js';
import { MessageWriter } from '../messages/message-writer.js';

const SWEEP_MS = 10 * 60_000;

/** What a chat costs in a batch beside its messages, in rows. */
const ROWS_PER_CHAT = 20;

/** How many chats one transaction notes as erased. */
const CHATS_PER_NOTE = 500;

/** A chat that is being erased. */
interface Erasing {
  readonly chatId: string;
  readonly result: Promise<ErasedChat>;
  readonly done: (erased: ErasedChat) => void;
  readonly failed: (error: unknown) => void;
  /** Up to where its messages are erased. */
  seq: number;
}

/** A message of a chat that is being erased. */
interface Row {
  readonly row: number;
  readonly seq: number;
  readonly text: 0 | 1;
  readonly reactions: Buffer | null;
  readonly expires_at: number | null;
}

/** What a batch did for a chat: up to where it came, or Infinity at its end. */
interface Step {
  readonly chat: Erasing;
  readonly seq: number;
  readonly rows: number;
}

/**
 * Erases chats so that no byte of them is left in the store's files. Ciphertext is erased in place, which copies
 * nothing, in batches so short that others' messages are stored in between; then the file is rewritten or its
 * write-ahead log truncated. However many chats are erased at once, one batch runs at a time, each chat has its share
 * of it, and those that are ready together share one scrub. Every step can be repeated: whatever a crash interrupts is
 * finished at the next start.
 */
@Injectable()
export class ChatEraser implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly underWay = new Map<string, Erasing>();
  private readonly size = new BatchSize();
  /** Those whose messages are not erased yet, and those whose last bytes are to be scrubbed. */
  private chats: Erasing[] = [];
  private emptied: Erasing[] = [];
  private erasing = false;
  private scrubbing = false;
  private sweeper: NodeJS.Timeout | undefined;

  constructor(
    private readonly queue: WriteQueue,
    private readonly compaction: Compaction,
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
      (db) => db.prepare('SELECT chat_id FROM erasures WHERE erased_at IS NULL').pluck().all() as string[],
    );
    await inBatches(unfinished, (chatId) => {
      this.erase(chatId).catch((error: unknown) =>
        this.logger.error({ err: error, chatId }, 'an erasure could not be finished yet'),
      );
    });
    this.sweeper = setInterval(() => void this.forgetOld(), SWEEP_MS).unref();
  }

  /** Stops the sweep. */
  onModuleDestroy(): void {
    clearInterval(this.sweeper);
  }

  /**
   * Erases all that is stored of a chat; who asks while it is under way, or again within 24 h, gets the same
   * answer.
   */
  erase(chatId: string): Promise<ErasedChat> {
    this.writer.close(chatId);
    const running = this.underWay.get(chatId);
    if (running) return running.result;
    const { promise: result, resolve: done, reject: failed } = withResolvers<ErasedChat>();
    const chat = { chatId, result, done, failed, seq: 0 };
    this.underWay.set(chatId, chat);
    this.chats.push(chat);
    void this.eraseAll();
    return result;
  }

  /** How many erasures have begun and not ended, also those that an earlier process left. */
  pending(): Promise<number> {
    return this.queue.transaction(
      (db) => db.prepare('SELECT count(*) FROM erasures WHERE erased_at IS NULL').pluck().get() as number,
    );
  }

  private async eraseAll(): Promise<void> {
    if (this.erasing) return;
    this.erasing = true;
    while (this.chats.length > 0)
      try {
        const steps = await this.size.batch(this.queue, (db, most) => this.eraseSome(db, most));
        this.chats.splice(0, steps.length);
        for (const { chat, seq } of steps) {
          chat.seq = seq;
          (seq === Infinity ? this.emptied : this.chats).push(chat);
        }
        void this.scrubAll();
      } catch (error) {
        this.fail(this.chats.splice(0), error);
      }
    this.erasing = false;
  }

  /** One batch: the chats in their order, as many as it may touch rows. */
  private eraseSome(db: SqliteHandle, most: number): Step[] {
    const steps: Step[] = [];
    for (let left = most, i = 0; left > 0 && i < this.chats.length; i++) {
      const chat = this.chats[i];
      if (!chat) break;
      const step = this.eraseSomeOf(db, chat, left);
      steps.push(step);
      left -= step.rows + ROWS_PER_CHAT;
    }
    return steps;
  }

  private eraseSomeOf(db: SqliteHandle, chat: Erasing, most: number): Step {
    const { chatId } = chat;
    const head = db.prepare('SELECT ref FROM heads WHERE chat_id = ?').get(uuidToBytes(chatId)) as
      { ref: number } | undefined;
    if (chat.seq === 0)
      db.prepare('INSERT OR IGNORE INTO erasures (chat_id, messages, started_at) VALUES (?, 0, ?)').run(
        chatId,
        Date.now(),
      );
    if (!head) return { chat, seq: Infinity, rows: 0 };
    const { ref } = head;
    const rows = db
      .prepare(
        'SELECT row, seq, sealed IS NOT NULL AS text, reactions, expires_at FROM messages WHERE ref = ? AND seq > ? ORDER BY seq LIMIT ?',
      )
      .all(ref, chat.seq, most) as Row[];
    let texts = 0;
    const erase = db.prepare(
      'UPDATE messages SET sealed = NULL, reactions = NULL, first_content = NULL, deleted_at = NULL WHERE row = ?',
    );
    for (const { row, seq, text, reactions, expires_at: expiresAt } of rows) {
      if (text === 0) continue;
      texts++;
      erase.run(row);
      forgetReactors(db, ref, seq, reactions);
      if (expiresAt !== null)
        db.prepare('DELETE FROM expiries WHERE expires_at = ? AND ref = ? AND seq = ?').run(
          expiresAt,
          ref,
          seq,
        );
    }
    db.prepare('UPDATE erasures SET messages = messages + ? WHERE chat_id = ?').run(texts, chatId);
    const last = rows.at(-1);
    if (rows.length === most && last) return { chat, seq: last.seq, rows: rows.length };
    const { changes } = db
      .prepare(
        'DELETE FROM changes WHERE ref = ? AND rev IN (SELECT rev FROM changes WHERE ref = ? ORDER BY rev LIMIT ?)',
      )
      .run(ref, ref, most - rows.length);
    if (changes === most - rows.length) return { chat, seq: last?.seq ?? chat.seq, rows: most };
    for (const table of ['marks', 'former_authors', 'heads'])
      db.prepare(`DELETE FROM ${table} WHERE ref = ?`).run(ref);
    db.prepare('INSERT OR IGNORE INTO leftovers (ref) VALUES (?)').run(ref);
    this.states.evict(chatId);
    return { chat, seq: Infinity, rows: rows.length };
  }

  private async scrubAll(): Promise<void> {
    if (this.scrubbing) return;
    this.scrubbing = true;
    while (this.emptied.length > 0) {
      const chats = this.emptied.splice(0);
      try {
        await this.compaction.clear();
        while (chats.length > 0) {
          const some = chats.slice(0, CHATS_PER_NOTE);
          const erased = await this.queue.batch((db) => some.map(({ chatId }) => noteErased(db, chatId)));
          chats.splice(0, some.length);
          some.forEach((chat, i) => {
            this.underWay.delete(chat.chatId);
            const result = erased[i];
            if (result) chat.done(result);
          });
        }
        this.compaction.request();
      } catch (error) {
        this.fail(chats, error);
      }
    }
    this.scrubbing = false;
  }

  private fail(chats: readonly Erasing[], error: unknown): void {
    for (const chat of chats) {
      this.states.evict(chat.chatId);
      this.underWay.delete(chat.chatId);
      chat.failed(error);
    }
  }

  /** Deletes erasure receipts after 24 h. */
  private async forgetOld(): Promise<void> {
    try {
      while (
        await this.size.batch(this.queue, (db, most) => {
          const { changes } = db
            .prepare(
              'DELETE FROM erasures WHERE chat_id IN (SELECT chat_id FROM erasures WHERE erased_at < ? LIMIT ?)',
            )
            .run(Date.now() - LIMITS.receiptMs, most);
          return changes === most;
        })
      );
    } catch (error) {
      this.logger.error({ err: error }, 'old receipts could not be forgotten');
    }
  }
}

function forgetReactors(db: SqliteHandle, ref: number, seq: number, reactions: Buffer | null): void {
  for (const user of reactorsOf(reactions))
    db.prepare('DELETE FROM reactors WHERE user_id = ? AND ref = ? AND seq = ?').run(user, ref, seq);
}

function noteErased(db: SqliteHandle, chatId: string): ErasedChat {
  db.prepare('UPDATE erasures SET erased_at = coalesce(erased_at, ?) WHERE chat_id = ?').run(
    Date.now(),
    chatId,
  );
  const row = db.prepare('SELECT messages, erased_at FROM erasures WHERE chat_id = ?').get(chatId) as {
    messages: number;
    erased_at: number;
  };
  return { messagesErased: row.messages, erasedAt: row.erased_at };
}

function withResolvers<T>(): {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (error: unknown) => void;
} {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<T>((done, failed) => {
    resolve = done;
    reject = failed;
  });
  return { promise, resolve, reject };
}
