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
 * The reasons after which no data of the user may stay on this device. After any other reason the unsent messages stay,
 * and the same user continues with them.
 */
const DISCARDING_REASONS: ReadonlySet<SignedOutReason> = new Set(['logged-out', 'account-deleted']);

/** Whether unsent messages and drafts are discarded when a session ends for this reason. */
export function discardsUnsent(reason: SignedOutReason): boolean {
  return DISCARDING_REASONS.has(reason);
}

const DELETE_LIMIT_MS = 120_000;

/**
 * The messenger: one user's session, connection, chats and unsent messages. All properties are snapshots that are
 * replaced, never changed; `on` registers listeners for changes.
 */
export class ChatClient {
  /** The HTTP calls, for everything that has no method here. */
  readonly api: HttpApi;
  readonly #options: ChatClientOptions;
  readonly #storage: OutboxStorage;
  readonly #emitter = new Emitter<ChatClientEvents>();
  readonly #feeds = new Set<Feed>();
  #session: LiveSession | undefined;
  #intercepted = false;

  /** Does not contact the server before `start`, `resume`, `logIn` or `register`. */
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

  /** The signed-in user. */
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

  /** The number of unread messages in all chats. */
  get unread(): number {
    return this.chats.reduce((sum, chat) => sum + chat.unread, 0);
  }

  /** Whether a proxy answers instead of the server: a reload of the page shows its answer. */
  get intercepted(): boolean {
    return this.#intercepted;
  }

  /** The number of unsent messages of the user, in all chats and tabs. */
  get unsentCount(): number {
    return this.#session?.outbox.size ?? 0;
  }

  /** Returns the server's time in milliseconds since 1970, as far as it is known. */
  now(): number {
    return this.api.now();
  }

  /** Calls `listener` on each `event`, until the returned function is called. */
  on<Name extends keyof ChatClientEvents>(
    event: Name,
    listener: (payload: ChatClientEvents[Name]) => void,
  ): () => void {
    return this.#emitter.on(event, listener);
  }

  /** Creates an account and starts. @throws ApiError as HttpApi.register */
  async register(username: string, password: string): Promise<User> {
    return this.#started(await this.api.register(username, password));
  }

  /** Logs in and starts. @throws ApiError as HttpApi.logIn */
  async logIn(username: string, password: string): Promise<User> {
    return this.#started(await this.api.logIn(username, password));
  }

  /**
   * Starts with the existing session of the browser or the cookie jar.
   * @returns null if there is none
   * @throws ApiError if the server is unreachable
   */
  async resume(): Promise<User | null> {
    try {
      return this.#started(await this.api.me());
    } catch (error) {
      if (toApiError(error).code === 'UNAUTHENTICATED') return null;
      throw error;
    }
  }

  /** Connects as a logged-in user; loads their unsent messages and sends them. */
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

  /** Disconnects and clears the memory. The session and the stored unsent messages stay. */
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
   * Discards this user's unsent messages, stops, and ends the session.
   * @throws ApiError if the server could not end the session; the client has stopped and discarded the messages
   * nevertheless
   */
  async signOut(): Promise<void> {
    this.#discard();
    try {
      await this.api.logOut();
    } catch (error) {
      if (toApiError(error).code !== 'UNAUTHENTICATED') throw error;
    }
    this.#options.cookies?.clear();
  }

  /** Deletes the account, discards unsent messages and stops. @throws ApiError INVALID_CREDENTIALS */
  async deleteAccount(password: string): Promise<void> {
    await this.api.deleteAccount(password);
    this.#discard();
    this.#options.cookies?.clear();
  }

  /** Returns a chat of the list, or undefined. */
  chat(chatId: string): Chat | undefined {
    return this.#session?.chats.get(chatId);
  }

  /** Creates a chat. @throws ApiError as HttpApi.createChat */
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

  /** Leaves a chat and discards its unsent messages. @throws ApiError */
  async leaveChat(chatId: string): Promise<void> {
    await this.api.leaveChat(chatId);
    this.leftElsewhere(chatId);
  }

  /** Removes a chat that another page of the same user has left: the server emits that only to the other members. */
  leftElsewhere(chatId: string): void {
    this.#session?.chats.leave(chatId);
  }

  /**
   * Deletes a chat for all members; repeats the call while the server is still erasing, for at most two minutes.
   * @throws ApiError
   */
  async deleteChat(chatId: string): Promise<ErasureReceipt> {
    const deadline = AbortSignal.timeout(DELETE_LIMIT_MS);
    const backoff = new Backoff(1_000);
    for (;;) {
      try {
        const receipt = await this.api.deleteChat(chatId);
        this.#session?.chats.remove(chatId);
        return receipt;
      } catch (error) {
        if (!(error instanceof ApiError) || !error.transient || deadline.aborted) throw error;
        await pause(backoff.next(error), deadline);
      }
    }
  }

  /** Deletes one of the user's stored messages for all members. @throws ApiError */
  async deleteMessage(chatId: string, messageId: string): Promise<void> {
    const message = await this.api.deleteMessage(chatId, messageId);
    this.#session?.apply({ name: 'message:deleted', payload: { message } });
  }

  /** Puts another text in the place of an own stored message's. @throws ApiError as HttpApi.editMessage */
  async editMessage(chatId: string, messageId: string, text: string): Promise<Message> {
    return this.#updated(await this.api.editMessage(chatId, messageId, text));
  }

  /** Sets one's reaction to a message, or removes it (null). @throws ApiError as HttpApi.react */
  async react(chatId: string, messageId: string, emoji: string | null): Promise<Message> {
    return this.#updated(await this.api.react(chatId, messageId, emoji));
  }

  /** Sets after how many seconds what is sent from then on disappears, or null. @throws ApiError as HttpApi.setMessageTtl */
  async setMessageTtl(chatId: string, messageTtl: number | null): Promise<Chat> {
    const chat = await this.api.setMessageTtl(chatId, messageTtl);
    this.#session?.apply({ name: 'chat:updated', payload: { chat } });
    return chat;
  }

  #updated(message: Message): Message {
    this.#session?.apply({ name: 'message:updated', payload: { message } });
    return message;
  }

  /**
   * Opens a chat's history and keeps it up to date until it is closed.
   * @param options `at` is the seq to start around, such as the first unread one; default: the chat's end
   * @throws ApiError UNAUTHENTICATED if nobody is signed in
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
   * @param options `replyTo` is the id of the message that it answers
   * @throws ApiError VALIDATION_FAILED for a text that can never be sent, RATE_LIMITED when 10,000 are unsent,
   * CHAT_NOT_FOUND for a chat that is known to be none of the user's, UNAUTHENTICATED when nobody is signed in
   */
  send(chatId: string, text: string, options: { readonly replyTo?: string } = {}): Sending {
    const session = this.#signedIn();
    // What is unsent is wiped with its chat; a text taken after that would stay on this device.
    if (this.ready && !this.chat(chatId)) throw new ApiError('CHAT_NOT_FOUND', { detail: 'Chat not found' });
    const sending = session.outbox.add(chatId, text, options.replyTo);
    session.typing.set(chatId, false);
    session.showEnd(chatId);
    return sending;
  }

  /** Returns the unsent messages of a chat, in the order in which they were written. */
  unsent(chatId: string): readonly UnsentMessage[] {
    return this.#session?.outbox.unsent(chatId) ?? [];
  }

  /** Retries a failed message. */
  retry(clientMessageId: string): void {
    this.#session?.outbox.retry(clientMessageId);
  }

  /** Discards a failed message (or one that is being sent, which may have arrived nevertheless). */
  discard(clientMessageId: string): void {
    this.#session?.outbox.discard(clientMessageId);
  }

  /** Sets the user's read position: immediately here, soon on the server. */
  markRead(chatId: string, seq: number): void {
    this.#session?.markRead(chatId, seq);
  }

  /** Call with true on each key press and with false when the field becomes empty; it emits as few events as needed. */
  setTyping(chatId: string, typing: boolean): void {
    this.#session?.typing.set(chatId, typing);
  }

  /** Returns the ids of the other members who are typing. */
  typing(chatId: string): readonly string[] {
    return this.#session?.typing.others(chatId) ?? [];
  }

  /**
   * Calls a listener for every message of every chat, once and in seq order per chat, including the user's own messages
   * and those that arrived while there was no connection. For bots. `stop` discards the positions; `start` begins
   * again.
   * @param listener called for one message at a time; its promise delays the chat's next message
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

  #discard(): void {
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
