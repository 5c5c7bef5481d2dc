import { Injectable } from '@nestjs/common';
import { ChatsClient, type BusChat } from '../../services/chats.client.js';
import { Joins } from './joins.js';

/** Makes chats, lets users in and takes them out; whoever is new is sent the chat. */
@Injectable()
export class Membership {
  constructor(
    private readonly chats: ChatsClient,
    private readonly joins: Joins,
  ) {}

  /** Makes a chat with its key. */
  async create(userId: string, name: string | null): Promise<{ chat: BusChat; key: string }> {
    const reply = await this.chats.create({ userId, name });
    void this.joins.announce(reply.chat.id, userId, []);
    return reply;
  }

  /** Lets a user into the chat of a key; a member again: the same. */
  join(userId: string, key: string): Promise<BusChat> {
    return this.joins.during(userId, async () => {
      const { chat, joined } = await this.chats.join(userId, key);
      if (joined) {
        const others = chat.members.map(({ id }) => id).filter((id) => id !== userId);
        void this.joins.announce(chat.id, userId, others);
      }
      return chat;
    });
  }

  /** Takes a member out. @returns whether that erased the chat */
  async leave(userId: string, chatId: string, sessionId: string): Promise<boolean> {
    try {
      return await this.chats.leave(userId, chatId, sessionId);
    } finally {
      this.joins.left(chatId, userId);
    }
  }
}
