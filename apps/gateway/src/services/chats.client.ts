import { Injectable } from '@nestjs/common';
import { messageKeyFromBytes } from '@app/crypto';
import { BusClient, ApiError } from '@app/platform';
import type { Reply, RequestInput } from '@app/contracts/bus';
import type { KeyObject } from 'node:crypto';
import { StaleIfErrorCache } from './stale-if-error-cache.js';

/** A chat as the chat service knows it. */
export type BusChat = Reply<'chat.get'>['chat'];

/** What a member's access to a chat consists of. */
export interface ChatAccess {
  readonly memberIds: readonly string[];
  readonly messageKey: KeyObject;
  readonly keyVersion: number;
  readonly wrappedBytes: number;
  /** After how many seconds a message that is sent now disappears, or null. */
  readonly messageTtl: number | null;
}

/** How long an erasure may take before the caller has to retry, in milliseconds. */
const ERASURE_TIMEOUT_MS = 9_000;

/** How many chats one request of accesses names. */
const ACCESSES_AT_ONCE = 500;

/** Calls the chat service; caches who may enter which chat. */
@Injectable()
export class ChatsClient {
  private readonly accesses = new StaleIfErrorCache<ChatAccess>(30_000);

  private membersListener: (chatId: string, memberIds: readonly string[]) => void = () => undefined;

  constructor(private readonly bus: BusClient) {}

  /** Has a listener called with a chat's members whenever chat names them, before the access serves. */
  onMembers(listener: (chatId: string, memberIds: readonly string[]) => void): void {
    this.membersListener = listener;
  }

  /**
   * The one membership check of every call on a chat.
   * @throws {ApiError} CHAT_NOT_FOUND for anyone but a member, SERVICE_UNAVAILABLE
   */
  access(userId: string, chatId: string): Promise<ChatAccess> {
    return this.accesses.get(
      chatId,
      userId,
      async () => {
        return this.learned(chatId, await this.bus.request('chat.access', { userId, chatId }));
      },
      (access) => access.memberIds.includes(userId),
    );
  }

  /**
   * As `access` of several chats, with one request for all that are not cached: afterwards they are.
   * @throws {ApiError} SERVICE_UNAVAILABLE; a chat that the user is no member of is left out
   */
  async learnAccesses(userId: string, chatIds: readonly string[]): Promise<void> {
    const unknown = chatIds.filter((chatId) => !this.knownAccess(userId, chatId));
    for (let i = 0; i < unknown.length; i += ACCESSES_AT_ONCE)
      await this.learnSome(userId, unknown.slice(i, i + ACCESSES_AT_ONCE));
  }

  private async learnSome(userId: string, chatIds: readonly string[]): Promise<void> {
    let asked: Promise<Map<string, ChatAccess>> | undefined;
    const ask = async (chatId: string): Promise<ChatAccess> => {
      asked ??= this.askAccesses(userId, chatIds);
      const access = (await asked).get(chatId);
      if (!access) throw new ApiError('CHAT_NOT_FOUND');
      return access;
    };
    const learnt = chatIds.map((chatId) => {
      let isFirst = true;
      const fits = (access: ChatAccess): boolean => access.memberIds.includes(userId);
      // Requested again only where the answer was evicted because the chat has changed meanwhile.
      const askOnce = async (): Promise<ChatAccess> => {
        if (isFirst) {
          isFirst = false;
          return ask(chatId);
        }
        return this.learned(chatId, await this.bus.request('chat.access', { userId, chatId }));
      };
      return this.accesses.get(chatId, userId, askOnce, fits).catch((error: unknown) => {
        if (!(error instanceof ApiError && error.code === 'CHAT_NOT_FOUND')) throw error;
      });
    });
    await Promise.all(learnt);
  }

  private async askAccesses(userId: string, chatIds: readonly string[]): Promise<Map<string, ChatAccess>> {
    const [chatId, ...also] = chatIds;
    if (chatId === undefined) return new Map();
    try {
      const { others, ...first } = await this.bus.request('chat.access', { userId, chatId, also });
      const found = [{ chatId, ...first }, ...(others ?? [])];
      return new Map(found.map((one) => [one.chatId, this.learned(one.chatId, one)]));
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 'CHAT_NOT_FOUND')) throw error;
      return this.askAccesses(userId, also);
    }
  }

  /** Makes an access of chat's answer. */
  private learned(chatId: string, reply: Omit<Reply<'chat.access'>, 'others'>): ChatAccess {
    this.membersListener(chatId, reply.memberIds);
    return {
      memberIds: reply.memberIds,
      messageKey: messageKeyFromBytes(Buffer.from(reply.messageKey, 'base64')),
      keyVersion: reply.keyVersion,
      wrappedBytes: reply.wrappedBytes,
      messageTtl: reply.messageTtl,
    };
  }

  /** A member's access if it is known and fresh: the path of a message without a wait. */
  knownAccess(userId: string, chatId: string): ChatAccess | undefined {
    const access = this.accesses.fresh(chatId);
    return access?.memberIds.includes(userId) ? access : undefined;
  }

  /** Evicts who may enter a chat, and its key. */
  evictAccess(chatId: string): void {
    this.accesses.evict(chatId);
  }

  /** Makes a chat. */
  create(body: RequestInput<'chat.create'>): Promise<Reply<'chat.create'>> {
    return this.bus.request('chat.create', body);
  }

  /** Joins a chat by its key. */
  async join(userId: string, key: string): Promise<Reply<'chat.join'>> {
    const reply = await this.bus.request('chat.join', { userId, key });
    if (reply.joined) this.evictAccess(reply.chat.id);
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

  /** All who share a chat with a user. */
  async peers(userId: string): Promise<string[]> {
    const userIds: string[] = [];
    let page: Reply<'chat.peers'>;
    do {
      page = await this.bus.request('chat.peers', { userId, after: userIds.at(-1) ?? null });
      userIds.push(...page.userIds);
    } while (page.hasMore);
    return userIds;
  }

  /** One chat of a user. */
  async get(userId: string, chatId: string): Promise<BusChat> {
    return (await this.bus.request('chat.get', { userId, chatId })).chat;
  }

  /** Renames a chat. */
  async rename(userId: string, chatId: string, name: string): Promise<BusChat> {
    return (await this.bus.request('chat.rename', { userId, chatId, name })).chat;
  }

  /** Sets after how many seconds the messages of a chat disappear; what is sent from then on does. */
  async setTimer(userId: string, chatId: string, messageTtl: number | null): Promise<BusChat> {
    try {
      return (await this.bus.request('chat.timer', { userId, chatId, messageTtl })).chat;
    } finally {
      // Also when the answer was lost.
      this.evictAccess(chatId);
    }
  }

  /** Reveals a chat's key to a member. */
  async revealKey(userId: string, chatId: string, sessionId: string): Promise<string> {
    return (await this.bus.request('chat.key.reveal', { userId, chatId, sessionId })).key;
  }

  /**
   * Requests from chat, not from the cache, whether a user is a member. Called before a long request: if chat is down, the
   * caller learns it within the deadline of a short one.
   * @throws {ApiError} SERVICE_UNAVAILABLE
   */
  async isMember(userId: string, chatId: string): Promise<boolean> {
    try {
      await this.bus.request('chat.access', { userId, chatId });
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.code === 'CHAT_NOT_FOUND') return false;
      throw error;
    }
  }

  /** Leaves a chat; whether that erased it. */
  async leave(userId: string, chatId: string, sessionId: string): Promise<boolean> {
    const body = { userId, chatId, sessionId };
    // While no answer comes, because chat has died, no cached access lets in who has left.
    this.evictAccess(chatId);
    try {
      return (await this.bus.request('chat.leave', body, ERASURE_TIMEOUT_MS)).erased;
    } finally {
      // Also when the answer was lost: the next call requests the members anew.
      this.evictAccess(chatId);
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
