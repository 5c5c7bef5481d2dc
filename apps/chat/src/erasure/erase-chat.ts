import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { ErasureLedger, LOGGER, Outbox, ApiError, unavailable } from '@app/platform';
import type { Logger } from 'pino';
import { ActivityLog } from '../activity/activity-log.js';
import { ChatKeys } from '../keys/chat-keys.js';
import { ChatStore, type ChatTransaction, type Erasure } from '../store/chat-store.js';

/** How long to wait after a failed scrub before the next one, in milliseconds. */
const SCRUB_RETRY_MS = 1_000;

/** How often erasures older than 24 h are deleted, in milliseconds. */
const CLEAN_UP_MS = 3_600_000;

/** Who erases a chat. */
export interface ErasedBy {
  readonly userId: string;
  readonly sessionId: string | null;
  /** Whether it is recorded in their activity. */
  readonly isRecorded: boolean;
}

/**
 * Erases chats. One transaction deletes all that is stored of a chat and records the erasure; then the store is scrubbed,
 * and only then does the call answer. After a crash in between, the next start scrubs, and the outbox has the gateway
 * erase the messages.
 */
@Injectable()
export class ChatErasure implements OnModuleInit, OnModuleDestroy {
  private retry: NodeJS.Timeout | undefined;
  private cleaning: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: ChatStore,
    private readonly ledger: ErasureLedger,
    private readonly outbox: Outbox,
    private readonly keys: ChatKeys,
    private readonly activity: ActivityLog,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Finishes what a crash interrupted, before any call is answered; a failing disk is tried again later. */
  async onModuleInit(): Promise<void> {
    await this.scrub().catch(() => undefined);
    await this.cleanUp();
    this.cleaning = setInterval(() => void this.cleanUp(), CLEAN_UP_MS).unref();
  }

  /** Stops trying. */
  onModuleDestroy(): void {
    clearTimeout(this.retry);
    clearInterval(this.cleaning);
  }

  /**
   * Deletes a chat for one of its members.
   * @returns what was erased; again within 24 h for one who was a member when the deletion began
   * @throws {ApiError} CHAT_NOT_FOUND for anyone else, SERVICE_UNAVAILABLE while the store cannot be scrubbed
   */
  async delete(chatId: string, by: ErasedBy): Promise<Erasure> {
    const { erasure, isNew } = await this.store.transaction(async (transaction) => {
      if (!(await transaction.members.has(chatId, by.userId)))
        return { erasure: await transaction.erasures.find(chatId), isNew: false };
      return { erasure: await this.erase(transaction, chatId, by), isNew: true };
    });
    if (isNew) this.afterCommit(chatId, by);
    if (!erasure?.memberIds.includes(by.userId)) throw new ApiError('CHAT_NOT_FOUND');
    await this.finish();
    return erasure;
  }

  /** Erases a chat within a transaction; `afterCommit` and `finish` follow the commit. */
  async erase(transaction: ChatTransaction, chatId: string, by: ErasedBy): Promise<Erasure> {
    const { userId, sessionId } = by;
    const memberIds = await transaction.members.idsOf(chatId);
    const at = Date.now();
    await transaction.members.deleteByChat(chatId);
    await this.keys.destroy(transaction, chatId);
    await transaction.chats.delete(chatId);
    const erasure = { chatId, memberIds, keyDestroyedAt: at };
    await transaction.erasures.insert(erasure);
    if (by.isRecorded)
      await transaction.activity.add({ userId, type: 'chat-deleted', sessionId, chatId, at });
    await transaction.addEvent('event.chat.deleted', {
      chatId,
      userId,
      memberIds,
      at: new Date(at).toISOString(),
    });
    return erasure;
  }

  /** Evicts an erased chat's keys from memory, and logs the erasure. */
  afterCommit(chatId: string, { userId, sessionId, isRecorded }: ErasedBy): void {
    this.keys.evict(chatId);
    if (isRecorded) this.activity.log({ userId, type: 'chat-deleted', sessionId, chatId });
  }

  /**
   * Has the gateway erase the messages, and resolves when no byte of what was deleted is left in the store's files.
   * @param options `otherRows` scrubs also when no chat was erased, but other rows were deleted
   * @throws {ApiError} SERVICE_UNAVAILABLE when the store cannot be scrubbed now; it is tried until it is done
   */
  async finish({ otherRows = false } = {}): Promise<void> {
    this.outbox.deliver();
    await this.scrub(otherRows);
  }

  private async scrub(otherRows = false): Promise<void> {
    const chatIds = await this.store.erasures.listUnscrubbed();
    if (chatIds.length === 0 && !otherRows) return;
    try {
      await this.store.scrub();
      await this.ledger.record('chat', chatIds);
      await this.setScrubbed(chatIds);
    } catch (error) {
      this.logger.error({ err: error, chats: chatIds.length }, 'cannot scrub the store yet');
      this.scrubLater();
      throw unavailable('The chat is destroyed; its last bytes are still being erased');
    }
  }

  private async setScrubbed(chatIds: readonly string[]): Promise<void> {
    const batches = this.store.batches();
    for (let done = 0; done < chatIds.length;)
      done = await batches.run(async ({ erasures }, rows) => {
        await erasures.setScrubbed(chatIds.slice(done, done + rows));
        return done + rows;
      });
  }

  private scrubLater(): void {
    clearTimeout(this.retry);
    this.retry = setTimeout(() => void this.scrub().catch(() => undefined), SCRUB_RETRY_MS).unref();
  }

  private async cleanUp(): Promise<void> {
    try {
      const batches = this.store.batches();
      while (await batches.run(async ({ erasures }, rows) => (await erasures.deleteOld(rows)) === rows));
    } catch (error) {
      this.logger.error({ err: error }, 'cannot delete old erasures');
    }
  }
}
