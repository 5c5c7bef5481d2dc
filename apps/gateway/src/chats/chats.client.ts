import { Injectable } from '@nestjs/common';
import { messageKeyFromBytes } from '@app/crypto';
import { BusClient } from '@app/platform';
import type { Reply, RequestInput } from '@app/contracts/bus';
import type { KeyObject } from 'node:crypto';
import { VerifiedCache } from '../verified-cache.js';

/** A chat as the chat service knows it. */
export type BusChat = Reply<'chat.get'>['chat'];

/** What a member's access to a chat consists of. */
export interface ChatAccess {
  readonly memberIds: readonly string[];
  readonly messageKey: KeyObject;
  readonly keyVersion: number;
  readonly wrappedBytes: number;
}

/** How long an erasure may take before the caller is told to come back, in milliseconds. */
const ERASURE_TIMEOUT_MS = 9_000;

/** Asks the chat service; keeps who may enter which chat for a while. */
@Injectable()
export class ChatsClient {
  private readonly accesses = new VerifiedCache<ChatAccess>(30_000);

  constructor(private readonly bus: BusClient) {}

  /**
   * The one membership check of every call on a chat.
   * @throws {Refusal} CHAT_NOT_FOUND for anyone but a member, SERVICE_UNAVAILABLE
   */
  access(userId: string, chatId: string): Promise<ChatAccess> {
    return this.accesses.get(
      chatId,
      userId,
      async () => {
        const reply = await this.bus.request('chat.access', { userId, chatId });
        return {
          memberIds: reply.memberIds,
          messageKey: messageKeyFromBytes(Buffer.from(reply.messageKey, 'base64')),
          keyVersion: reply.keyVersion,
          wrappedBytes: reply.wrappedBytes,
        };
      },
      (access) => access.memberIds.includes(userId),
    );
  }

  /** A member's access if it is known and fresh: the path of a message without a wait. */
  knownAccess(userId: string, chatId: string): ChatAccess | undefined {
    const access = this.accesses.fresh(chatId);
    return access?.memberIds.includes(userId) ? access : undefined;
  }

  /** Forgets who may enter a chat, and its key. */
  dropAccess(chatId: string): void {
    this.accesses.drop(chatId);
  }

  /** Makes a chat. */
  create(body: RequestInput<'chat.create'>): Promise<Reply<'chat.create'>> {
    return this.bus.request('chat.create', body);
  }

  /** Joins a chat by its key. */
  async join(userId: string, key: string): Promise<Reply<'chat.join'>> {
    const reply = await this.bus.request('chat.join', { userId, key });
    if (reply.joined) this.dropAccess(reply.chat.id);
    return reply;
  }

  /** All chats of a user, page by page. */
  async list(userId: string): Promise<BusChat[]> {
    const chats: BusChat[] = [];
    let page: Reply<'chat.list'>;
    do {
      page = await this.bus.request('chat.list', { userId, after: chats.at(-1)?.id ?? null });
      chats.push(...page.chats);
    } while (page.hasMore);
    return chats;
  }

  /** One chat of a user. */
  async get(userId: string, chatId: string): Promise<BusChat> {
    return (await this.bus.request('chat.get', { userId, chatId })).chat;
  }

  /** Renames a chat. */
  async rename(userId: string, chatId: string, name: string): Promise<BusChat> {
    return (await this.bus.request('chat.rename', { userId, chatId, name })).chat;
  }

  /** Reveals a chat's key to a member. */
  async revealKey(userId: string, chatId: string, sessionId: string): Promise<string> {
    return (await this.bus.request('chat.key.reveal', { userId, chatId, sessionId })).key;
  }

  /** Leaves a chat; whether that erased it. */
  async leave(userId: string, chatId: string, sessionId: string): Promise<boolean> {
    const body = { userId, chatId, sessionId };
    // While no answer comes, because chat has died, who has left is not believed to be a member still.
    this.dropAccess(chatId);
    try {
      return (await this.bus.request('chat.leave', body, ERASURE_TIMEOUT_MS)).erased;
    } finally {
      // Also when the answer was lost: who may enter is asked anew, never believed from before.
      this.dropAccess(chatId);
    }
  }

  /** Destroys a chat and its key; answered when no byte of them is left in chat's file. */
  delete(userId: string, chatId: string, sessionId: string): Promise<Reply<'chat.delete'>> {
    return this.bus.request('chat.delete', { userId, chatId, sessionId }, ERASURE_TIMEOUT_MS);
  }

  /** What chat knows of a user's activity. */
  async activity(userId: string): Promise<Reply<'chat.activity.list'>['events']> {
    return (await this.bus.request('chat.activity.list', { userId })).events;
  }

  /** Whether chat and its database answer. */
  health(timeoutMs: number): Promise<Reply<'chat.health'>> {
    return this.bus.request('chat.health', {}, timeoutMs);
  }
}
