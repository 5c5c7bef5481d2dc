import { Inject, Injectable } from '@nestjs/common';
import { ERROR_CODES, type ErasureReceipt } from '@app/contracts/edge';
import { LruMap, LOGGER, ApiError, unavailable } from '@app/platform';
import type { Logger } from 'pino';
import { ChatsClient } from '../../services/chats.client.js';
import { MessageStore, type ErasedChat } from '../../store/message-store.js';
import { Broadcast } from '../live/broadcast.js';
import { Membership } from './membership.js';

/** How long DELETE may take before it answers that it goes on, in milliseconds. */
const ANSWER_WITHIN_MS = 10_000;

const GOES_ON = 'The chat is being erased; to repeat it is safe';

/**
 * Deletes a chat in both stores: closed here first, then destroyed by chat, then erased here. Whatever dies in
 * between, chat's outbox finishes it.
 */
@Injectable()
export class ChatErasure {
  private readonly announced = new LruMap<string, true>(10_000);
  private readonly repeating = new Set<string>();

  constructor(
    private readonly chats: ChatsClient,
    private readonly membership: Membership,
    private readonly store: MessageStore,
    private readonly broadcast: Broadcast,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Erases a chat for one of its members.
   * @returns what was verified
   * @throws {ApiError} CHAT_NOT_FOUND, or SERVICE_UNAVAILABLE while it goes on; to repeat it is safe
   */
  delete(userId: string, chatId: string, sessionId: string): Promise<ErasureReceipt> {
    return withAnswer(this.run(userId, chatId, sessionId));
  }

  /**
   * Takes a member out; the last one to leave erases the chat.
   * @throws {ApiError} CHAT_NOT_FOUND, or SERVICE_UNAVAILABLE when the outcome is unknown or the erasure goes on
   */
  leave(userId: string, chatId: string, sessionId: string): Promise<void> {
    const leaving = async (): Promise<void> => {
      if (!(await this.chats.isMember(userId, chatId))) throw new ApiError('CHAT_NOT_FOUND');
      const erased = await this.membership.leave(userId, chatId, sessionId);
      if (erased) await this.seeThrough(chatId, [userId]);
    };
    return withAnswer(leaving());
  }

  private async run(userId: string, chatId: string, sessionId: string): Promise<ErasureReceipt> {
    // Nobody but a member may close a chat; whoever asks for the receipt of one that is gone closes nothing. It is requested
    // also where it is cached: while chat does not answer, the caller learns it at once, and nothing has begun.
    const isMember = await this.chats.isMember(userId, chatId);
    const closing = isMember && !this.store.isClosed(chatId);
    if (closing) this.store.close(chatId);
    this.chats.evictAccess(chatId);
    let destroyed;
    try {
      destroyed = await this.chats.delete(userId, chatId, sessionId);
    } catch (error) {
      // A definite refusal opens the chat again; an unknown outcome leaves it closed until it is known.
      if (closing && isDefinite(error)) this.store.reopen(chatId);
      else if (closing) this.repeat(userId, chatId, sessionId);
      throw error;
    }
    const { messagesErased, erasedAt } = await this.seeThrough(chatId, destroyed.memberIds);
    const at = new Date(erasedAt).toISOString();
    return {
      chatId,
      keyDestroyedAt: destroyed.keyDestroyedAt,
      messagesErased,
      erasedAt: at,
      scrubbedAt: at,
    };
  }

  /**
   * As `finish`, for someone who waits: the key is destroyed, so whatever fails here is no refusal. Chat's outbox repeats
   * it until the messages are erased.
   */
  private async seeThrough(chatId: string, memberIds: readonly string[]): Promise<ErasedChat> {
    try {
      return await this.finish(chatId, memberIds);
    } catch (error) {
      this.logger.error({ err: error, chatId }, 'a chat could not be erased yet');
      throw unavailable(GOES_ON);
    }
  }

  /** Erases the messages of a chat whose key chat has destroyed, and emits `chat:deleted` to those who were its members. */
  async finish(chatId: string, memberIds: readonly string[]): Promise<ErasedChat> {
    this.store.close(chatId);
    this.chats.evictAccess(chatId);
    if (!this.announced.get(chatId)) {
      this.announced.set(chatId, true);
      this.broadcast.emit(memberIds, 'chat:deleted', { chatId });
    }
    return this.store.eraseChat(chatId);
  }

  /** Repeats a deletion whose answer was lost until chat answers. */
  private repeat(userId: string, chatId: string, sessionId: string): void {
    if (this.repeating.has(chatId)) return;
    this.repeating.add(chatId);
    const ask = (): void => {
      this.chats.delete(userId, chatId, sessionId).then(
        ({ memberIds }) => {
          this.repeating.delete(chatId);
          void this.finish(chatId, memberIds).catch(() => undefined);
        },
        (error: unknown) => {
          if (!isDefinite(error)) {
            setTimeout(ask, 1_000).unref();
            return;
          }
          this.repeating.delete(chatId);
          this.store.reopen(chatId);
        },
      );
    };
    setTimeout(ask, 1_000).unref();
  }
}

/** Whether an error says that nothing was done; anything else leaves the outcome unknown. */
function isDefinite(error: unknown): boolean {
  return error instanceof ApiError && ERROR_CODES[error.code].status < 500;
}

/** Answers SERVICE_UNAVAILABLE when an erasure takes longer than 10 s; it goes on. */
async function withAnswer<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, refuse) => {
    timer = setTimeout(() => refuse(unavailable(GOES_ON)), ANSWER_WITHIN_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
