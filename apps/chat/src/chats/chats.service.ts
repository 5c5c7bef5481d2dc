import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Reply } from '@app/contracts/bus';
import { BusClient, Refusal, WriteQueue } from '@app/platform';
import { ActivityLog } from '../activity/activity-log.js';
import { ChatKeys } from '../keys/chat-keys.js';
import { ChatMembers } from '../members/chat-members.js';
import { DeletedUsers } from '../members/deleted-users.js';
import { ChatViews, type BusChat } from './chat-views.js';
import { ChatsRepository } from './chats.repository.js';

/**
 * How many bytes of chats one page holds, so that it fits into a NATS message (256 KiB where its maximum is set
 * low). One chat alone stays far below it.
 */
const PAGE_BYTES = 180_000;

/** Makes, lists and renames chats, and reveals their keys. */
@Injectable()
export class ChatsService {
  constructor(
    private readonly queue: WriteQueue,
    private readonly bus: BusClient,
    private readonly chats: ChatsRepository,
    private readonly views: ChatViews,
    private readonly members: ChatMembers,
    private readonly deleted: DeletedUsers,
    private readonly keys: ChatKeys,
    private readonly activity: ActivityLog,
  ) {}

  /**
   * Makes a chat with its key; the user is its first member.
   * @throws {Refusal} UNAUTHENTICATED for someone who has deleted their account, LIMIT_REACHED
   */
  async create(userId: string, name: string | null): Promise<Reply<'chat.create'>> {
    const chatId = randomUUID();
    const at = Date.now();
    const key = await this.queue.transaction(() => {
      this.deleted.refuse(userId);
      this.members.requireRoom(userId);
      this.chats.insert(chatId, userId, at);
      const text = this.keys.create(chatId);
      if (name !== null) this.chats.rename(chatId, this.keys.sealName(chatId, name));
      this.members.add(chatId, userId, at);
      return text;
    });
    this.bus.tell('event.chat.created', {
      chatId,
      userId,
      memberIds: [userId],
      at: new Date(at).toISOString(),
    });
    return { chat: this.view(chatId), key };
  }

  /**
   * One chat, for a member.
   * @throws {Refusal} CHAT_NOT_FOUND
   */
  get(chatId: string, userId: string): BusChat {
    this.members.require(chatId, userId);
    return this.view(chatId);
  }

  /**
   * A page of a user's chats, by id.
   * @param after the id that the page before ended with
   * @param limit how many at most; fewer when they would be too large for one message
   */
  list(userId: string, after: string | null, limit: number): Reply<'chat.list'> {
    const rows = this.chats.page(userId, after ?? '', limit + 1);
    const chats: BusChat[] = [];
    let bytes = 0;
    for (const chat of this.views.of(rows.slice(0, limit))) {
      bytes += Buffer.byteLength(JSON.stringify(chat));
      if (bytes > PAGE_BYTES) break;
      chats.push(chat);
    }
    return { chats, hasMore: chats.length < rows.length };
  }

  /**
   * Renames a chat, for a member.
   * @throws {Refusal} CHAT_NOT_FOUND
   */
  async rename(chatId: string, userId: string, name: string): Promise<BusChat> {
    this.members.require(chatId, userId);
    const memberIds = await this.queue.transaction(() => {
      this.members.require(chatId, userId);
      this.chats.rename(chatId, this.keys.sealName(chatId, name));
      return this.members.idsOf(chatId);
    });
    this.bus.tell('event.chat.updated', { chatId, userId, memberIds, at: new Date().toISOString() });
    return this.view(chatId);
  }

  /**
   * Sets after how many seconds the messages of a chat disappear, for a member.
   * @throws {Refusal} CHAT_NOT_FOUND
   */
  async setTimer(chatId: string, userId: string, messageTtl: number | null): Promise<BusChat> {
    this.members.require(chatId, userId);
    const memberIds = await this.queue.transaction(() => {
      this.members.require(chatId, userId);
      this.chats.setMessageTtl(chatId, messageTtl);
      return this.members.idsOf(chatId);
    });
    this.bus.tell('event.chat.updated', { chatId, userId, memberIds, at: new Date().toISOString() });
    return this.view(chatId);
  }

  /** After how many seconds the messages of a chat disappear, or null. */
  messageTtl(chatId: string): number | null {
    return this.chats.messageTtl(chatId);
  }

  /**
   * Reveals a chat's key to a member, and notes that in their activity.
   * @returns its text form
   * @throws {Refusal} CHAT_NOT_FOUND
   */
  async revealKey(chatId: string, userId: string, sessionId: string | null): Promise<string> {
    this.members.require(chatId, userId);
    const deed = { userId, type: 'key-revealed', sessionId, chatId } as const;
    const key = await this.queue.transaction(() => {
      this.members.require(chatId, userId);
      this.activity.note({ ...deed, at: Date.now() });
      return this.keys.reveal(chatId);
    });
    this.activity.tell(deed);
    return key;
  }

  /** A chat that may have been destroyed a moment ago. */
  private view(chatId: string): BusChat {
    const row = this.chats.get(chatId);
    const [chat] = row ? this.views.of([row]) : [];
    if (!chat) throw new Refusal('CHAT_NOT_FOUND');
    return chat;
  }
}
