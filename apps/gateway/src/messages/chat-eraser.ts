import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { LIMITS } from '@app/contracts/edge';
import { bytesToUuid, uuidToBytes } from '@app/crypto';
import { BatchSize, LOGGER, WriteQueue, type SqliteHandle } from '@app/platform';
import type { Logger } from 'pino';
import { ChatStates } from './chat-state.js';
import { Compaction } from './compaction.js';
import { MessageWriter } from './message-writer.js';

const SWEEP_MS = 10 * 60_000;

/** Where a message stands; `text` is 1 when it has one. */
interface Place {
  readonly row: number;
  readonly seq: number;
  readonly sender_id: Buffer;
  readonly text: number;
}

/** What was erased of a chat, and when nothing of it was left. */
export interface Erased {
  readonly messagesErased: number;
  readonly erasedAt: number;
}

/**
 * Erases messages so that no byte of them is left in the store's files. Ciphertext is wiped in place, which copies
 * nothing, in batches so short that others' messages are stored in between; then the file is rewritten or its
 * write-ahead log truncated. Every step can be repeated: whatever a crash interrupts is finished at the next start.
 */
@Injectable()
export class ChatEraser implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly underWay = new Map<string, Promise<Erased>>();
  private readonly size = new BatchSize();
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

  /** How many erasures have begun and not ended, also those that an earlier process left. */
  pending(): Promise<number> {
    return this.queue.transaction(
      (db) => db.prepare('SELECT count(*) FROM erasures WHERE erased_at IS NULL').pluck().get() as number,
    );
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
      return { ...row, ref: head?.ref };
    });
    const { ref } = begun;
    if (begun.erased_at !== null && ref === undefined)
      return { messagesErased: begun.messages, erasedAt: begun.erased_at };
    if (ref !== undefined) {
      await this.wipe(ref, (db, texts) =>
        db.prepare('UPDATE erasures SET messages = messages + ? WHERE chat_id = ?').run(texts, chatId),
      );
      await this.queue.transaction((db) => {
        db.prepare('DELETE FROM marks WHERE ref = ?').run(ref);
        db.prepare('DELETE FROM heads WHERE ref = ?').run(ref);
        db.prepare('INSERT OR IGNORE INTO leftovers (ref) VALUES (?)').run(ref);
      });
    }
    this.states.drop(chatId);
    await this.compaction.clear();
    this.compaction.request();
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
      const wrote = await this.queue.transaction((db) => {
        db.prepare('DELETE FROM marks WHERE ref = ? AND user_id = ?').run(ref, sender);
        return db.prepare('SELECT 1 FROM messages WHERE ref = ? AND sender_id = ? LIMIT 1').get(ref, sender);
      });
      const dropState = (): void => this.states.drop(bytesToUuid(chatId));
      dropState();
      if (!wrote) continue;
      await this.wipe(
        ref,
        (db, texts) => {
          // Their messages do not count as unread any more: counted anew from the read mark.
          if (texts > 0) db.prepare('UPDATE marks SET unread = -1 WHERE ref = ?').run(ref);
          dropState();
        },
        sender,
      );
    }
    await this.queue.transaction((db) => db.prepare('DELETE FROM seen WHERE user_id = ?').run(userId));
    await this.compaction.clear();
    this.compaction.request();
  }

  /**
   * Wipes the messages of a chat, all of them or a sender's; those of a sender become tombstones.
   * @param note is told within each transaction how many texts it has wiped
   */
  private async wipe(
    ref: number,
    note: (db: SqliteHandle, texts: number) => unknown,
    sender?: Buffer,
  ): Promise<void> {
    let from = 0;
    while (from !== Infinity)
      from = await this.size.batch(this.queue, (db, most) => {
        const rows = db
          .prepare(
            'SELECT row, seq, sender_id, sealed IS NOT NULL AS text FROM messages WHERE ref = ? AND seq > ? ORDER BY seq LIMIT ?',
          )
          .all(ref, from, most) as Place[];
        const theirs = rows.filter(
          ({ sender_id, text }) => text === 1 && (sender === undefined || sender.equals(sender_id)),
        );
        const wipe = db.prepare('UPDATE messages SET sealed = NULL, deleted_at = ? WHERE row = ?');
        const deletedAt = sender ? Date.now() : null;
        for (const { row } of theirs) wipe.run(deletedAt, row);
        note(db, theirs.length);
        return rows.length < most ? Infinity : (rows.at(-1)?.seq ?? Infinity);
      });
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
