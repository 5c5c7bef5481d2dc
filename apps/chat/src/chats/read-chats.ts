import { Inject, Injectable } from '@nestjs/common';
import type { Reply } from '@app/contracts/bus';
import { LIMITS } from '@app/contracts/edge';
import { OpenError } from '@app/crypto';
import { LOGGER, ApiError } from '@app/platform';
import type { Logger } from 'pino';
import { ChatKeys } from '../keys/chat-keys.js';
import { ChatStore, type StoredChat } from '../store/chat-store.js';

/** A chat on the bus. */
export type BusChat = Reply<'chat.get'>['chat'];

/**
 * How many bytes of chats one page holds, so that it fits into a NATS message (256 KiB where its maximum is set
 * low). One chat alone stays far below it.
 */
const PAGE_BYTES = 180_000;

/** Reads chats for their members. */
@Injectable()
export class ChatReading {
  constructor(
    private readonly store: ChatStore,
    private readonly keys: ChatKeys,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Returns one chat, for a member.
   * @throws {ApiError} CHAT_NOT_FOUND
   */
  async get(chatId: string, userId: string): Promise<BusChat> {
    const chat = await this.store.chats.find(chatId);
    if (!chat?.members.some((member) => member.userId === userId)) throw new ApiError('CHAT_NOT_FOUND');
    return this.asBusChat(chat);
  }

  /**
   * Returns a page of a user's chats, by id.
   * @param after the last id of the page before
   * @param limit how many at most; fewer when they would exceed one bus message
   */
  async list(userId: string, after: string | null, limit: number): Promise<Reply<'chat.list'>> {
    const stored = await this.store.chats.listByUser(userId, after ?? '', limit + 1);
    const chats: BusChat[] = [];
    let bytes = 0;
    for (const one of stored.slice(0, limit)) {
      const chat = this.asBusChat(one);
      bytes += Buffer.byteLength(JSON.stringify(chat));
      if (bytes > PAGE_BYTES) break;
      chats.push(chat);
    }
    return { chats, hasMore: chats.length < stored.length };
  }

  private asBusChat(chat: StoredChat): BusChat {
    return {
      id: chat.id,
      name: this.name(chat),
      createdAt: new Date(chat.createdAt).toISOString(),
      createdBy: chat.createdBy,
      capacity: LIMITS.chatCapacity,
      messageTtl: chat.messageTtl,
      members: chat.members.map(({ userId, joinedAt }) => ({
        id: userId,
        joinedAt: new Date(joinedAt).toISOString(),
      })),
      formerMembers: chat.formerMembers.map(({ userId, leftAt }) => ({
        id: userId,
        leftAt: new Date(leftAt).toISOString(),
      })),
    };
  }

  /** Opens a chat's name; one that does not open does not hide the chat. */
  private name({ id, sealedName, wrappedKey }: StoredChat): string | null {
    if (!sealedName) return null;
    try {
      return this.keys.openName(id, sealedName, wrappedKey);
    } catch (error) {
      if (!(error instanceof OpenError)) throw error;
      this.logger.warn({ chatId: id }, 'cannot open the stored name of a chat');
      return null;
    }
  }
}
