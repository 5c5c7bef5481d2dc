import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Reply } from '@app/contracts/bus';
import { BusClient } from '@app/platform';
import { ChatKeys } from '../keys/chat-keys.js';
import { ChatStore } from '../store/chat-store.js';
import { requireNotDeleted, requireRoom } from './membership-rules.js';
import { ChatReading } from './read-chats.js';

/** Creates chats. */
@Injectable()
export class ChatCreation {
  constructor(
    private readonly store: ChatStore,
    private readonly keys: ChatKeys,
    private readonly reading: ChatReading,
    private readonly bus: BusClient,
  ) {}

  /**
   * Creates a chat with its key; the user is its first member.
   * @throws {ApiError} UNAUTHENTICATED for someone who has deleted their account, LIMIT_REACHED
   */
  async create(userId: string, name: string | null): Promise<Reply<'chat.create'>> {
    const chatId = randomUUID();
    const at = Date.now();
    const key = await this.store.transaction(async (transaction) => {
      await requireNotDeleted(transaction, userId);
      await requireRoom(transaction, userId);
      await transaction.chats.insert(chatId, userId, at);
      const text = await this.keys.create(transaction, chatId, name);
      await transaction.members.add(chatId, userId, at);
      return text;
    });
    this.bus.publish('event.chat.created', {
      chatId,
      userId,
      memberIds: [userId],
      at: new Date(at).toISOString(),
    });
    return { chat: await this.reading.get(chatId, userId), key };
  }
}
