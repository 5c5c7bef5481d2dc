import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import {
  BatchSize,
  ErasureLedger,
  LOGGER,
  Outbox,
  Refusal,
  Scrubber,
  unavailable,
  WriteQueue,
} from '@app/platform';
import type { Logger } from 'pino';
import { ActivityLog } from '../activity/activity-log.js';
import { ChatKeys } from '../keys/chat-keys.js';
import { ChatMembers } from '../members/chat-members.js';
import { ChatsRepository } from './chats.repository.js';
import { ErasuresRepository, type Erasure } from './erasures.repository.js';

/** How long after a scrub that failed the next one is tried, in milliseconds. */
const SCRUB_RETRY_MS = 1_000;

/** How often erasures older than 24 h are forgotten, in milliseconds. */
const PURGE_MS = 3_600_000;

/** How many chats one transaction notes as scrubbed. */
const NOTED_AT_ONCE = 500;

/** Who has a chat destroyed; `noted` says whether it stands in their activity. */
export interface Destroyer {
  readonly userId: string;
  readonly sessionId: string | null;
  readonly noted: boolean;
}

/**
 * Destroys chats. One transaction removes all that is stored of a chat and remembers that it was; then the file is
 * scrubbed, and only then is anything answered. Whatever dies in between, the next start scrubs, and the outbox
 * has the gateway erase the messages.
 */
@Injectable()
export class ChatErasure implements OnModuleInit, OnModuleDestroy {
  private retry: NodeJS.Timeout | undefined;
  private purging: NodeJS.Timeout | undefined;
  private readonly size = new BatchSize();

  constructor(
    private readonly queue: WriteQueue,
    private readonly scrubber: Scrubber,
    private readonly ledger: ErasureLedger,
    private readonly outbox: Outbox,
    private readonly members: ChatMembers,
    private readonly keys: ChatKeys,
    private readonly activity: ActivityLog,
    private readonly chats: ChatsRepository,
    private readonly erasures: ErasuresRepository,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Finishes what was interrupted, before anything is answered; a disk that cannot now is tried again later. */
  async onModuleInit(): Promise<void> {
    await this.scrub().catch(() => undefined);
    await this.purge();
    this.purging = setInterval(() => void this.purge(), PURGE_MS).unref();
  }

  /** Tries nothing any more. */
  onModuleDestroy(): void {
    clearTimeout(this.retry);
    clearInterval(this.purging);
  }

  /**
   * Deletes a chat for one of its members.
   * @returns what was destroyed; again within 24 h for one who was a member when it began
   * @throws {Refusal} CHAT_NOT_FOUND for anyone else, SERVICE_UNAVAILABLE while the file cannot be scrubbed
   */
  async delete(chatId: string, by: Destroyer): Promise<Erasure> {
    // All within its turn: what a transaction under way has done may yet be rolled back.
    let present = false;
    const erasure = await this.queue.transaction(() => {
      present = this.members.has(chatId, by.userId);
      return present ? this.destroy(chatId, by) : this.erasures.get(chatId);
    });
    if (present) this.tell(chatId, by);
    if (!erasure?.memberIds.includes(by.userId)) throw new Refusal('CHAT_NOT_FOUND');
    await this.finish();
    return erasure;
  }

  /** Destroys a chat within a transaction; `finish` after its commit. */
  destroy(chatId: string, by: Destroyer): Erasure {
    const { userId, sessionId } = by;
    const memberIds = this.members.idsOf(chatId);
    const at = Date.now();
    this.members.eraseChat(chatId);
    this.keys.destroy(chatId);
    this.chats.remove(chatId);
    const erasure = { chatId, memberIds, keyDestroyedAt: at };
    this.erasures.insert(erasure);
    if (by.noted) this.activity.note({ userId, type: 'chat-deleted', sessionId, chatId, at });
    this.outbox.add('event.chat.deleted', {
      chatId,
      userId,
      memberIds,
      at: new Date(at).toISOString(),
    });
    return erasure;
  }

  /** Tells the operator's log that a chat was destroyed, once that is committed. */
  tell(chatId: string, { userId, sessionId }: Destroyer): void {
    this.activity.tell({ userId, type: 'chat-deleted', sessionId, chatId });
  }

  /**
   * Has the gateway told, and resolves when no byte of what was destroyed is left in the file.
   * @param scope `ofRowsToo` scrubs also when no chat was destroyed, but other rows were deleted
   * @throws {Refusal} SERVICE_UNAVAILABLE when the file cannot be scrubbed now; that is tried until it is done
   */
  async finish({ ofRowsToo = false } = {}): Promise<void> {
    this.outbox.deliver();
    await this.scrub(ofRowsToo);
  }

  private async scrub(ofRowsToo = false): Promise<void> {
    const chatIds = this.erasures.unscrubbed();
    if (chatIds.length === 0 && !ofRowsToo) return;
    try {
      await this.scrubber.scrub();
      await this.ledger.note('chat', chatIds);
      for (let i = 0; i < chatIds.length; i += NOTED_AT_ONCE)
        await this.queue.batch(() => this.erasures.noteScrubbed(chatIds.slice(i, i + NOTED_AT_ONCE)));
    } catch (error) {
      this.logger.error({ err: error, chats: chatIds.length }, 'the file could not be scrubbed yet');
      this.scrubLater();
      throw unavailable('The chat is destroyed; its last bytes are still being erased');
    }
  }

  private scrubLater(): void {
    clearTimeout(this.retry);
    this.retry = setTimeout(() => void this.scrub().catch(() => undefined), SCRUB_RETRY_MS).unref();
  }

  private async purge(): Promise<void> {
    try {
      while (await this.size.batch(this.queue, (_db, most) => this.erasures.purge(most) === most));
    } catch (error) {
      this.logger.error({ err: error }, 'old erasures could not be forgotten');
    }
  }
}
