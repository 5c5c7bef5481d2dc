import type { Chat, ErasureReceipt, Message, MessagePage, User } from '@app/contracts/edge';
import { ApiError, toApiError } from './api-error.js';
import { Backoff, pause } from './backoff.js';
import type { ChatClientEvents } from './client-events.js';
import type { ChatClientOptions, FollowOptions } from './client-options.js';
import type { ConnectionState, SignedOutReason } from './connection.js';
import { Emitter } from './emitter.js';
import { Feed } from './feed.js';
import { HttpApi, type PageRequest } from './http-api.js';
import { LiveSession } from './live-session.js';
import { MemoryOutboxStorage, type OutboxStorage } from './outbox-storage.js';
import type { Sending, UnsentMessage } from './outbox.js';
import type { Timeline } from './timeline.js';

/**
 * The reasons after which nothing of the user may stay on this device. What is unsent outlives a session that ended
 * otherwise: the same user goes on where they were.
 */
const DISCARDING_REASONS: ReadonlySet<SignedOutReason> = new Set(['logged-out', 'account-deleted']);

/** Whether what is unsent, drafts too, is discarded when a session ends for this reason. */
export function discardsUnsent(reason: SignedOutReason): boolean {
  return DISCARDING_REASONS.has(reason);
}

const DELETE_PATIENCE_MS = 120_000;

/**
 * The messenger: one user's session, connection, chats and unsent messages. Everything readable is a snapshot
 * that is never changed, only replaced; `on` tells when.
 */
export class ChatClient {
  /** The HTTP calls, for all that has no method here. */
  readonly api: HttpApi;
  readonly #options: ChatClientOptions;
  readonly #storage: OutboxStorage;
  readonly #emitter = new Emitter<ChatClientEvents>();
  readonly #feeds = new Set<Feed>();
  #session: LiveSession | undefined;
  #intercepted = false;

  /** Nothing is contacted before `start`, `resume`, `logIn` or `register`. */
  constructor(options: ChatClientOptions = {}) {
    this.#options = options;
    this.#storage = options.outboxStorage ?? new MemoryOutboxStorage();
    this.api = new HttpApi({
      ...options,
      onUnauthenticated: () => this.#session?.connection.stop('unauthenticated'),
    });
  }

  /** The connection's state. */
  get state(): ConnectionState {
    return this.#session?.connection.state ?? 'signed-out';
  }

  /** Who is signed in. */
  get user(): User | null {
    return this.#session?.user ?? null;
  }

  /** The user's chats, latest activity first. Empty until the first fetch: see `ready`. */
  get chats(): readonly Chat[] {
    return this.#session?.chats.all ?? [];
  }

  /** Whether the chats have been fetched since `start`. */
  get ready(): boolean {
    return this.#session?.chats.ready ?? false;
  }

  /** Unread messages in all chats together. */
  get unread(): number {
    return this.chats.reduce((sum, chat) => sum + chat.unread, 0);
  }

  /** Whether something between here and the server answers in its place: a reload shows what it wants. */
  get intercepted(): boolean {
    return this.#intercepted;
  }

  /** How many messages of the user are unsent, in all chats and tabs together. */
  get unsentCount(): number {
    return this.#session?.outbox.size ?? 0;
  }

  /** Milliseconds since 1970 by the server's clock, as far as it is known. */
  now(): number {
    return this.api.now();
  }

  /** Calls `listener` at each `event`, until the returned function is called. */
  on<Name extends keyof ChatClientEvents>(
    event: Name,
    listener: (payload: ChatClientEvents[Name]) => void,
  ): () => void {
    return this.#emitter.on(event, listener);
  }

  /** Makes an account and starts. @throws ApiError as HttpApi.register */
  async register(username: string, password: string): Promise<User> {
    return this.#started(await this.api.register(username, password));
  }

  /** Logs in and starts. @throws ApiError as HttpApi.logIn */
  async logIn(username: string, password: string): Promise<User> {
    return this.#started(await this.api.logIn(username, password));
  }

  /**
   * Starts with the session that the browser or the jar has already.
   * @returns null when there is none
   * @throws ApiError when the server is not reached
   */
  async resume(): Promise<User | null> {
    try {
      return this.#started(await this.api.me());
    } catch (error) {
      if (toApiError(error).code === 'UNAUTHENTICATED') return null;
      throw error;
    }
  }

  /** Connects as a user who is logged in already; loads their unsent messages and sends them. */
  start(user: User): void {
    this.stop();
    const session: LiveSession = new LiveSession({
      user,
      api: this.api,
      url: this.#options.baseUrl ?? '',
      cookies: this.#options.cookies,
      storage: this.#storage,
      feeds: this.#feeds,
      onState: (state, reason) => this.#stateChanged(session, state, reason),
      onChats: () => this.#emitter.emit('chats', this.chats),
      onTyping: (chatId) => this.#emitter.emit('typing', { chatId, userIds: session.typing.others(chatId) }),
      onMessage: (message) => this.#emitter.emit('message', message),
      onChatRemoved: (chatId) => this.#emitter.emit('chat-removed', { chatId }),
      onOutbox: (chatId) => this.#emitter.emit('outbox', { chatId }),
      onDeleted: (tombstone) => this.#emitter.emit('message-deleted', tombstone),
      onChanged: (message) => this.#emitter.emit('message-changed', message),
      onIntercepted: (intercepted) => this.#setIntercepted(intercepted),
      onOtherUser: (other) => this.#otherUser(session, other),
    });
    this.#session = session;
    session.start();
  }

  /** Disconnects and forgets what is in memory. The session and the stored unsent messages stay. */
  stop(): void {
    const session = this.#session;
    if (!session) return;
    this.#session = undefined;
    session.end();
    for (const feed of this.#feeds) feed.close();
    this.#setIntercepted(false);
    this.#emitter.emit('chats', []);
    this.#emitter.emit('state', { state: 'signed-out' });
  }

  /**
   * Wipes this user's unsent messages, stops, and ends the session.
   * @throws ApiError when the server could not be told; it is stopped and wiped all the same
   */
  async signOut(): Promise<void> {
    this.#wipe();
    try {
      await this.api.logOut();
    } catch (error) {
      if (toApiError(error).code !== 'UNAUTHENTICATED') throw error;
    }
    this.#options.cookies?.clear();
  }

  /** Deletes the account, wipes and stops. @throws ApiError INVALID_CREDENTIALS */
  async deleteAccount(password: string): Promise<void> {
    await this.api.deleteAccount(password);
    this.#wipe();
    this.#options.cookies?.clear();
  }

  /** One chat of the list, or undefined. */
  chat(chatId: string): Chat | undefined {
    return this.#session?.chats.get(chatId);
  }

  /** Makes a chat. @throws ApiError as HttpApi.createChat */
  async createChat(name?: string): Promise<{ readonly chat: Chat; readonly key: string }> {
    const made = await this.api.createChat(name);
    this.#session?.apply({ name: 'chat:joined', payload: { chat: made.chat } });
    return made;
  }

  /** Joins a chat by its key. @throws ApiError as HttpApi.joinChat */
  async joinChat(key: string): Promise<Chat> {
    const chat = await this.api.joinChat(key);
    this.#session?.apply({ name: 'chat:joined', payload: { chat } });
    return chat;
  }

  /** Renames a chat. @throws ApiError as HttpApi.renameChat */
  async renameChat(chatId: string, name: string): Promise<Chat> {
    const chat = await this.api.renameChat(chatId, name);
    this.#session?.apply({ name: 'chat:updated', payload: { chat } });
    return chat;
  }

  /** Leaves a chat and drops its unsent messages. @throws ApiError */
  async leaveChat(chatId: string): Promise<void> {
    await this.api.leaveChat(chatId);
    this.leftElsewhere(chatId);
  }

  /** Takes out a chat that another page of the same user has left: the server tells only the other members. */
  leftElsewhere(chatId: string): void {
    this.#session?.chats.leave(chatId);
  }

  /** Erases a chat for everybody; asks again while the server is still at it, two minutes at most. @throws ApiError */
  async deleteChat(chatId: string): Promise<ErasureReceipt> {
    const patience = AbortSignal.timeout(DELETE_PATIENCE_MS);
    const backoff = new Backoff(1_000);
    for (;;) {
      try {
        const receipt = await this.api.deleteChat(chatId);
        this.#session?.chats.remove(chatId);
        return receipt;
      } catch (error) {
        if (!(error instanceof ApiError) || !error.transient || patience.aborted) throw error;
        await pause(backoff.next(error), patience);
      }
    }
  }

  /** Erases an own stored message's text for everybody. @throws ApiError */
  async deleteMessage(chatId: string, messageId: string): Promise<void> {
    const message = await this.api.deleteMessage(chatId, messageId);
    this.#session?.apply({ name: 'message:deleted', payload: { message } });
  }

  /**
   * Opens a chat's history and keeps it up to date until it is closed.
   * @param options `at` is the seq to begin around, such as the first unread one; at the chat's end unless told
   * @throws ApiError UNAUTHENTICATED when nobody is signed in
   */
  timeline(chatId: string, options: { readonly at?: number } = {}): Timeline {
    return this.#signedIn().openTimeline(chatId, options.at);
  }

  /**
   * Reads a page of a chat's history, for what keeps no timeline.
   * @throws ApiError CHAT_NOT_FOUND, RATE_LIMITED, UNAUTHENTICATED
   */
  async messages(chatId: string, page: PageRequest = {}): Promise<MessagePage> {
    return this.#signedIn().messages(chatId, page);
  }

  /**
   * Sends a text: shown at once in timelines, sent at once or as soon as there is a connection, repeated with
   * the same id until the server has it.
   * @param text 1 to 4,000 characters, not only white space
   * @throws ApiError VALIDATION_FAILED for a text that can never be sent, RATE_LIMITED when 10,000 are unsent,
   * CHAT_NOT_FOUND for a chat that is known to be none of the user's, UNAUTHENTICATED when nobody is signed in
   */
  send(chatId: string, text: string): Sending {
    const session = this.#signedIn();
    // What is unsent is wiped with its chat; a text taken after that would stay on this device.
    if (this.ready && !this.chat(chatId))
      throw new ApiError('CHAT_NOT_FOUND', { detail: 'There is no such chat' });
    const sending = session.outbox.add(chatId, text);
    session.typing.set(chatId, false);
    session.showEnd(chatId);
    return sending;
  }

  /** The unsent messages of a chat, in the order they were written. */
  unsent(chatId: string): readonly UnsentMessage[] {
    return this.#session?.outbox.unsent(chatId) ?? [];
  }

  /** Tries a failed message again. */
  retry(clientMessageId: string): void {
    this.#session?.outbox.retry(clientMessageId);
  }

  /** Drops a failed message (or one that is still being sent, which may have arrived all the same). */
  discard(clientMessageId: string): void {
    this.#session?.outbox.discard(clientMessageId);
  }

  /** Marks a chat as read up to `seq`: at once here, soon on the server. */
  markRead(chatId: string, seq: number): void {
    this.#session?.markRead(chatId, seq);
  }

  /** Say true at each key press and false when the field is emptied; it is told to others as seldom as needed. */
  setTyping(chatId: string, typing: boolean): void {
    this.#session?.typing.set(chatId, typing);
  }

  /** Ids of the others who are writing in a chat now. */
  typing(chatId: string): readonly string[] {
    return this.#session?.typing.others(chatId) ?? [];
  }

  /**
   * Every message of every chat, once and in seq order for each chat, also those that came while the connection
   * was away; own ones too. What bots are built on. `stop` forgets how far it was; `start` begins anew.
   * @param listener called for one message after the other; a promise is waited for before the chat's next
   * @returns a function that ends it
   */
  follow(listener: (message: Message) => void | Promise<void>, options: FollowOptions = {}): () => void {
    const feed = new Feed({
      listener,
      after: options.after ?? {},
      fetchPage: (chatId, after, limit) => this.api.messages(chatId, { after, limit }),
    });
    this.#feeds.add(feed);
    if (this.ready) feed.sync(this.chats);
    return () => {
      this.#feeds.delete(feed);
      feed.close();
    };
  }

  #started(user: User): User {
    this.start(user);
    return user;
  }

  #signedIn(): LiveSession {
    if (this.#session) return this.#session;
    throw new ApiError('UNAUTHENTICATED', { detail: 'Nobody is signed in' });
  }

  #wipe(): void {
    this.#session?.outbox.wipe();
    this.stop();
  }

  #setIntercepted(intercepted: boolean): void {
    if (intercepted === this.#intercepted) return;
    this.#intercepted = intercepted;
    this.#emitter.emit('intercepted', intercepted);
  }

  #otherUser(session: LiveSession, user: User): void {
    if (session !== this.#session) return;
    this.stop();
    this.#emitter.emit('other-user', user);
  }

  #stateChanged(session: LiveSession, state: ConnectionState, reason?: SignedOutReason): void {
    if (session !== this.#session) return;
    if (state !== 'signed-out') return this.#emitter.emit('state', { state });
    // The server ended the session.
    this.#session = undefined;
    if (reason && discardsUnsent(reason)) session.outbox.wipe();
    session.end();
    for (const feed of this.#feeds) feed.close();
    this.#emitter.emit('chats', []);
    this.#emitter.emit('state', { state, ...(reason ? { reason } : {}) });
  }
}
