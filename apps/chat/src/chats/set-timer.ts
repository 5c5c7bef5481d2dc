import { Injectable } from '@nestjs/common';
import { BusClient } from '@app/platform';
import { ChatStore } from '../store/chat-store.js';
import { requireMember } from './membership-rules.js';
import { ChatReading, type BusChat } from './read-chats.js';

/** Sets after how many seconds the messages of a chat disappear. */
@Injectable()
export class ChatTimer {
  constructor(
    private readonly store: ChatStore,
    private readonly reading: ChatReading,
    private readonly bus: BusClient,
  ) {}

  /**
   * Sets the timer of a chat, for a member.
   * @param messageTtl seconds, or null for never
   * @throws {ApiError} CHAT_NOT_FOUND
   */
  async set(chatId: string, userId: string, messageTtl: number | null): Promise<BusChat> {
    await requireMember(this.store.members, chatId, userId);
    const memberIds = await this.store.transaction(async (transaction) => {
      await requireMember(transaction.members, chatId, userId);
      await transaction.chats.setMessageTtl(chatId, messageTtl);
      return transaction.members.idsOf(chatId);
    });
    this.bus.publish('event.chat.updated', { chatId, userId, memberIds, at: new Date().toISOString() });
    return this.reading.get(chatId, userId);
  }
}
