import { Injectable } from '@nestjs/common';
import { BusClient } from '@app/platform';
import { ChatKeys } from '../keys/chat-keys.js';
import { ChatStore } from '../store/chat-store.js';
import { requireMember } from './membership-rules.js';
import { ChatReading, type BusChat } from './read-chats.js';

/** Renames chats. */
@Injectable()
export class ChatRenaming {
  constructor(
    private readonly store: ChatStore,
    private readonly keys: ChatKeys,
    private readonly reading: ChatReading,
    private readonly bus: BusClient,
  ) {}

  /**
   * Renames a chat, for a member.
   * @throws {ApiError} CHAT_NOT_FOUND
   */
  async rename(chatId: string, userId: string, name: string): Promise<BusChat> {
    await requireMember(this.store.members, chatId, userId);
    const memberIds = await this.store.transaction(async (transaction) => {
      await requireMember(transaction.members, chatId, userId);
      await this.keys.setName(transaction, chatId, name);
      return transaction.members.idsOf(chatId);
    });
    this.bus.publish('event.chat.updated', { chatId, userId, memberIds, at: new Date().toISOString() });
    return this.reading.get(chatId, userId);
  }
}
