import { Injectable } from '@nestjs/common';
import type { Reply } from '@app/contracts/bus';
import { LIMITS } from '@app/contracts/edge';
import { BusClient, ApiError } from '@app/platform';
import { requireNotDeleted, requireRoom } from '../chats/membership-rules.js';
import { ChatReading } from '../chats/read-chats.js';
import { ChatKeys } from '../keys/chat-keys.js';
import { ChatStore } from '../store/chat-store.js';

/** Lets users join chats. */
@Injectable()
export class ChatJoining {
  constructor(
    private readonly store: ChatStore,
    private readonly keys: ChatKeys,
    private readonly reading: ChatReading,
    private readonly bus: BusClient,
  ) {}

  /**
   * Adds a user to the chat of a key.
   * @throws {ApiError} VALIDATION_FAILED on `key`, CHAT_NOT_FOUND for an unknown key, CHAT_FULL, LIMIT_REACHED,
   * UNAUTHENTICATED for someone who has deleted their account
   */
  async join(userId: string, key: string): Promise<Reply<'chat.join'>> {
    const chatId = await this.keys.chatOf(key);
    if (chatId === undefined) throw new ApiError('CHAT_NOT_FOUND');
    const at = Date.now();
    const memberIds = await this.store.transaction(async (transaction) => {
      await requireNotDeleted(transaction, userId);
      const before = await transaction.members.idsOf(chatId);
      // Without a member there is no chat: it was erased while this transaction waited.
      if (before.length === 0) throw new ApiError('CHAT_NOT_FOUND');
      if (before.includes(userId)) return undefined;
      if (before.length >= LIMITS.chatCapacity) throw new ApiError('CHAT_FULL');
      await requireRoom(transaction, userId);
      await transaction.members.add(chatId, userId, at);
      return [...before, userId];
    });
    if (memberIds)
      this.bus.publish('event.chat.member.joined', {
        chatId,
        userId,
        memberIds,
        at: new Date(at).toISOString(),
      });
    return { chat: await this.reading.get(chatId, userId), joined: memberIds !== undefined };
  }
}
