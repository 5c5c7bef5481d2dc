import type { Chat, ErasureReceipt, Message, SessionEndReason, User } from '@app/contracts/edge';
import type { CookieJar } from './cookie-jar.js';
import { HttpApi } from './http-api.js';
import type { OutboxStorage } from './outbox-storage.js';
import type { Sending, UnsentMessage } from './outbox.js';
import type { Timeline } from './timeline.js';

/**
 * The connection as people should see it. `connected`: live. `reconnecting`: the server is not reached and is
 * being tried. `offline`: the same, and the browser says that there is no network. `signed-out`: there is no
 * session, nothing is tried.
 */
export type ConnectionState = 'connected' | 'reconnecting' | 'offline' | 'signed-out';

/** Why the client is signed out: what the server said, or `unauthenticated` when it only refused. */
export type SignedOutReason = SessionEndReason | 'unauthenticated';

/** What a ChatClient tells. */
export interface ChatClientEvents {
  /** The state changed. `reason` comes with `signed-out` when the server ended the session, not this client. */
  state: { readonly state: ConnectionState; readonly reason?: SignedOutReason };
  /** The list of chats, or anything in it (names, members, marks, presence, unread), changed. */
  chats: readonly Chat[];
  /** Who is writing in a chat changed; ids of others. */
  typing: { readonly chatId: string; readonly userIds: readonly string[] };
  /**
   * A message arrived just now that this client did not send: for notifications. Those that came while the
   * connection was away are not told here; `follow` and timelines have them all.
   */
  message: Message;
  /** A chat is gone for this user: deleted for everybody, or left. */
  'chat-removed': { readonly chatId: string };
  /** The unsent messages of a chat changed. */
  outbox: { readonly chatId: string };
}

/** How a ChatClient works; each field has a default. */
export interface ChatClientOptions {
  /** Origin of the server, such as `http://localhost:5000`; the page's own origin unless told. */
  readonly baseUrl?: string;
  /** For programs outside a browser: keeps the session's cookie. Give `new CookieJar()`. */
  readonly cookies?: CookieJar;
  /** Where unsent messages are kept; memory unless told. Browsers: `browserOutboxStorage()`. */
  readonly outboxStorage?: OutboxStorage;
  /** Milliseconds until an HTTP call is given up, 10,000 unless told. */
  readonly timeoutMs?: number;
}

/** Where `follow` begins; without either, at what is newest when a chat is first seen. */
export interface FollowOptions {
  /** The seq after which to begin, for the chats that a program has followed before. */
  readonly after?: Readonly<Record<string, number>>;
}

/**
 * The messenger: one user's session, connection, chats and unsent messages. Everything readable is a snapshot
 * that is never changed, only replaced; `on` tells when.
 */
export class ChatClient {
  /** The HTTP calls, for all that has no method here. */
  readonly api: HttpApi;

  /** Nothing is contacted before `start`, `resume`, `logIn` or `register`. */
  constructor(options: ChatClientOptions = {}) {
    this.api = new HttpApi(options);
  }

  /** The connection's state. */
  get state(): ConnectionState {
    throw new Error('not written yet');
  }
  /** Who is signed in. */
  get user(): User | null {
    throw new Error('not written yet');
  }
  /** The user's chats, latest activity first. Empty until the first fetch: see `ready`. */
  get chats(): readonly Chat[] {
    throw new Error('not written yet');
  }
  /** Whether the chats have been fetched since `start`. */
  get ready(): boolean {
    throw new Error('not written yet');
  }
  /** Unread messages in all chats together. */
  get unread(): number {
    throw new Error('not written yet');
  }

  /** Calls `listener` at each `event`, until the returned function is called. */
  on<Name extends keyof ChatClientEvents>(
    event: Name,
    listener: (payload: ChatClientEvents[Name]) => void,
  ): () => void {
    throw new Error('not written yet');
  }

  /** Makes an account and starts. @throws ApiError as HttpApi.register */
  register(username: string, password: string): Promise<User> {
    throw new Error('not written yet');
  }
  /** Logs in and starts. @throws ApiError as HttpApi.logIn */
  logIn(username: string, password: string): Promise<User> {
    throw new Error('not written yet');
  }
  /** Starts with the session that the browser or the jar already has; null when there is none. @throws ApiError when the server is not reached */
  resume(): Promise<User | null> {
    throw new Error('not written yet');
  }
  /** Connects as a user who is logged in already; loads their unsent messages and sends them. */
  start(user: User): void {
    throw new Error('not written yet');
  }
  /** Disconnects and forgets what is in memory. The session and the stored unsent messages stay. */
  stop(): void {
    throw new Error('not written yet');
  }
  /** Wipes this user's unsent messages, stops, and ends the session. @throws ApiError when the server could not be told; it is stopped and wiped all the same */
  signOut(): Promise<void> {
    throw new Error('not written yet');
  }
  /** Deletes the account, wipes and stops. @throws ApiError INVALID_CREDENTIALS */
  deleteAccount(password: string): Promise<void> {
    throw new Error('not written yet');
  }

  /** One chat of the list, or undefined. */
  chat(chatId: string): Chat | undefined {
    throw new Error('not written yet');
  }
  /** Makes a chat. @throws ApiError as HttpApi.createChat */
  createChat(name?: string): Promise<{ readonly chat: Chat; readonly key: string }> {
    throw new Error('not written yet');
  }
  /** Joins a chat by its key. @throws ApiError as HttpApi.joinChat */
  joinChat(key: string): Promise<Chat> {
    throw new Error('not written yet');
  }
  /** Renames a chat. @throws ApiError as HttpApi.renameChat */
  renameChat(chatId: string, name: string): Promise<Chat> {
    throw new Error('not written yet');
  }
  /** Leaves a chat and drops its unsent messages. @throws ApiError */
  leaveChat(chatId: string): Promise<void> {
    throw new Error('not written yet');
  }
  /** Erases a chat for everybody; asks again while the server is still at it, two minutes at most. @throws ApiError */
  deleteChat(chatId: string): Promise<ErasureReceipt> {
    throw new Error('not written yet');
  }
  /** Erases an own stored message's text for everybody. @throws ApiError */
  deleteMessage(chatId: string, messageId: string): Promise<void> {
    throw new Error('not written yet');
  }

  /** Opens a chat's history at its end and keeps it up to date until it is closed. */
  timeline(chatId: string): Timeline {
    throw new Error('not written yet');
  }

  /**
   * Sends a text: shown at once in timelines, sent at once or as soon as there is a connection, repeated with
   * the same id until the server has it.
   * @param text 1 to 4,000 characters, not only white space
   * @throws ApiError VALIDATION_FAILED for a text that can never be sent, RATE_LIMITED when 10,000 are unsent
   */
  send(chatId: string, text: string): Sending {
    throw new Error('not written yet');
  }
  /** The unsent messages of a chat, in the order they were written. */
  unsent(chatId: string): readonly UnsentMessage[] {
    throw new Error('not written yet');
  }
  /** Tries a failed message again. */
  retry(clientMessageId: string): void {
    throw new Error('not written yet');
  }
  /** Drops a failed message (or one that is still being sent, which may have arrived all the same). */
  discard(clientMessageId: string): void {
    throw new Error('not written yet');
  }

  /** Marks a chat as read up to `seq`: at once here, soon on the server. */
  markRead(chatId: string, seq: number): void {
    throw new Error('not written yet');
  }
  /** Say true at each key press and false when the field is emptied; it is told to others as seldom as needed. */
  setTyping(chatId: string, typing: boolean): void {
    throw new Error('not written yet');
  }
  /** Ids of the others who are writing in a chat now. */
  typing(chatId: string): readonly string[] {
    throw new Error('not written yet');
  }

  /**
   * Every message of every chat, once and in seq order for each chat, also those that came while the connection
   * was away; own ones too. What bots are built on.
   * @param listener called for one message after the other; a promise is waited for before the chat's next
   * @returns a function that ends it
   */
  follow(listener: (message: Message) => void | Promise<void>, options?: FollowOptions): () => void {
    throw new Error('not written yet');
  }
}
