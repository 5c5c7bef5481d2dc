import type {
  Activity,
  Chat,
  ErasureReceipt,
  Message,
  MessagePage,
  SendPayload,
  Session,
  StoredChat,
  User,
} from '@app/contracts/edge';
import { ApiError } from './api-error.js';
import type { CookieJar } from './cookie-jar.js';
import { HttpTransport, type CallOptions } from './http-transport.js';

/** How to reach the server; each field has a default. */
export interface HttpApiOptions {
  /** Origin of the server, such as `http://localhost:5000`; the page's own origin unless told. */
  readonly baseUrl?: string;
  /** For programs outside a browser: keeps the session's cookie. */
  readonly cookies?: CookieJar;
  /** Milliseconds until a call is given up, 10,000 unless told. */
  readonly timeoutMs?: number;
  /** Called whenever the server says that there is no session (any more). */
  readonly onUnauthenticated?: () => void;
}

/** Which page of history to read; without a cursor the newest. */
export interface PageRequest {
  /** Messages with a seq below this one. */
  readonly before?: number;
  /** Messages with a seq above this one. */
  readonly after?: number;
  /** Messages that have changed after this rev, ascending by rev; with no other cursor. */
  readonly changedAfter?: number;
  /** 1 to 200, 50 unless told. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

/** A deletion is answered within 10 s or refused as unfinished; this leaves room for the answer's way. */
const DELETE_CHAT_TIMEOUT_MS = 15_000;
const EXPORT_IDLE_TIMEOUT_MS = 30_000;

/**
 * One method for each call of the HTTP API. Every method rejects with ApiError and with nothing else, within
 * its time limit. Nothing is repeated and nothing is remembered but the cookie.
 */
export class HttpApi {
  readonly #transport: HttpTransport;
  readonly #onUnauthenticated: (() => void) | undefined;

  constructor(options: HttpApiOptions = {}) {
    this.#transport = new HttpTransport(options.baseUrl ?? '', options.cookies, options.timeoutMs ?? 10_000);
    this.#onUnauthenticated = options.onUnauthenticated;
  }

  /** Milliseconds since 1970 by the server's clock, as far as its answers have told it. */
  now(): number {
    return this.#transport.clock.now();
  }

  /** Makes an account and logs in to it. @throws ApiError VALIDATION_FAILED, USERNAME_TAKEN, REGISTRATION_CLOSED, RATE_LIMITED */
  async register(username: string, password: string): Promise<User> {
    const body = { username, password };
    return (await this.#call<{ user: User }>('/auth/register', { method: 'POST', body })).user;
  }

  /** Logs in. @throws ApiError INVALID_CREDENTIALS, RATE_LIMITED */
  async logIn(username: string, password: string): Promise<User> {
    const body = { username, password };
    return (await this.#call<{ user: User }>('/auth/login', { method: 'POST', body })).user;
  }

  /** Ends this session. */
  logOut(): Promise<void> {
    return this.#call('/auth/logout', { method: 'POST' });
  }

  /** Who is logged in. @throws ApiError UNAUTHENTICATED when nobody is */
  async me(): Promise<User> {
    return (await this.#call<{ user: User }>('/auth/me')).user;
  }

  /** Changes the password and ends every other session. @throws ApiError INVALID_CREDENTIALS, VALIDATION_FAILED */
  changePassword(currentPassword: string, newPassword: string): Promise<void> {
    return this.#call('/auth/password', { method: 'PUT', body: { currentPassword, newPassword } });
  }

  /**
   * Sets a new password by the token of a link that the operator had made; every session of the user ends.
   * @throws ApiError NOT_FOUND when the link is worth nothing any more, VALIDATION_FAILED, RATE_LIMITED
   */
  async resetPassword(token: string, newPassword: string): Promise<User> {
    const body = { token, newPassword };
    return (await this.#call<{ user: User }>('/auth/reset', { method: 'POST', body })).user;
  }

  /** The user's sessions that have not ended. */
  async sessions(): Promise<readonly Session[]> {
    return (await this.#call<{ sessions: readonly Session[] }>('/auth/sessions')).sessions;
  }

  /** Ends one session. @throws ApiError NOT_FOUND */
  revokeSession(sessionId: string): Promise<void> {
    return this.#call(`/auth/sessions/${encodeURIComponent(sessionId)}`, { method: 'DELETE' });
  }

  /** What happened to the account, newest first, at most 200 events. */
  async activity(): Promise<readonly Activity[]> {
    return (await this.#call<{ events: readonly Activity[] }>('/auth/activity')).events;
  }

  /**
   * Reads the export: JSON text in UTF-8 `{user, chats: [{chat, messages}]}`, however long, piece by piece.
   * @param onChunk called with each piece and the bytes received so far; a piece may end inside a character
   * @param signal ends the reading
   */
  exportData(
    onChunk: (chunk: Uint8Array, receivedBytes: number) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    const options = { timeoutMs: EXPORT_IDLE_TIMEOUT_MS, ...(signal ? { signal } : {}) };
    return this.#noticing(this.#transport.stream('/auth/export', onChunk, options));
  }

  /** Deletes the account and erases what it wrote. @throws ApiError INVALID_CREDENTIALS */
  deleteAccount(password: string): Promise<void> {
    return this.#call('/auth/account', { method: 'DELETE', body: { password } });
  }

  /** Makes a chat; `key` is what another person joins with. @param name 1 to 80 characters, or none */
  createChat(name?: string): Promise<{ readonly chat: Chat; readonly key: string }> {
    return this.#call('/chats', { method: 'POST', body: name === undefined ? {} : { name } });
  }

  /** Joins a chat. @throws ApiError VALIDATION_FAILED (a mistyped key), CHAT_NOT_FOUND, CHAT_FULL, LIMIT_REACHED, RATE_LIMITED */
  async joinChat(key: string): Promise<Chat> {
    return (await this.#call<{ chat: Chat }>('/chats/join', { method: 'POST', body: { key } })).chat;
  }

  /** The user's chats, latest activity first. */
  async chats(): Promise<readonly Chat[]> {
    return (await this.#call<{ chats: readonly Chat[] }>('/chats')).chats;
  }

  /** One chat. @throws ApiError CHAT_NOT_FOUND */
  async chat(chatId: string): Promise<Chat> {
    return (await this.#call<{ chat: Chat }>(chatPath(chatId))).chat;
  }

  /** Renames a chat. @throws ApiError CHAT_NOT_FOUND, VALIDATION_FAILED */
  async renameChat(chatId: string, name: string): Promise<Chat> {
    return (await this.#call<{ chat: Chat }>(chatPath(chatId), { method: 'PATCH', body: { name } })).chat;
  }

  /** Sets after how many seconds what is sent from then on disappears, 30 to 31,536,000, or null. @throws ApiError CHAT_NOT_FOUND, VALIDATION_FAILED */
  async setMessageTtl(chatId: string, messageTtl: number | null): Promise<Chat> {
    const options = { method: 'PATCH', body: { messageTtl } } as const;
    return (await this.#call<{ chat: Chat }>(chatPath(chatId), options)).chat;
  }

  /** The key that others join with. @throws ApiError CHAT_NOT_FOUND */
  async chatKey(chatId: string): Promise<string> {
    return (await this.#call<{ key: string }>(`${chatPath(chatId)}/key`)).key;
  }

  /**
   * Erases a chat for everybody.
   * @throws ApiError SERVICE_UNAVAILABLE while it takes longer: it goes on, a repeat gives the receipt
   */
  async deleteChat(chatId: string): Promise<ErasureReceipt> {
    const options = { method: 'DELETE', timeoutMs: DELETE_CHAT_TIMEOUT_MS } as const;
    return (await this.#call<{ receipt: ErasureReceipt }>(chatPath(chatId), options)).receipt;
  }

  /** What the server's disk holds of a chat: sealed bytes, never a key. @throws ApiError CHAT_NOT_FOUND */
  storedChat(chatId: string): Promise<StoredChat> {
    return this.#call(`${chatPath(chatId)}/stored`);
  }

  /** Leaves a chat; the last to leave erases it. @throws ApiError CHAT_NOT_FOUND */
  leaveChat(chatId: string): Promise<void> {
    return this.#call(`${chatPath(chatId)}/members/me`, { method: 'DELETE' });
  }

  /** A page of history, ascending by seq. @throws ApiError CHAT_NOT_FOUND */
  messages(chatId: string, page: PageRequest = {}): Promise<MessagePage> {
    const { signal, before, after, changedAfter, limit } = page;
    return this.#call(`${chatPath(chatId)}/messages`, {
      query: { before, after, changedAfter, limit },
      ...(signal ? { signal } : {}),
    });
  }

  /** Stores a message; a repeat with the same `clientMessageId` gives the same message. @throws ApiError CHAT_NOT_FOUND, IDEMPOTENCY_CONFLICT, RATE_LIMITED */
  async sendMessage({ chatId, ...body }: SendPayload): Promise<Message> {
    const options = { method: 'POST', body } as const;
    return (await this.#call<{ message: Message }>(`${chatPath(chatId)}/messages`, options)).message;
  }

  /** One message, the tombstone too. @throws ApiError CHAT_NOT_FOUND, MESSAGE_NOT_FOUND */
  message(chatId: string, messageId: string): Promise<Message> {
    return this.#changed(messagePath(chatId, messageId));
  }

  /** Puts another text in the place of an own message's. @throws ApiError MESSAGE_NOT_FOUND, EDIT_TOO_LATE */
  editMessage(chatId: string, messageId: string, text: string): Promise<Message> {
    return this.#changed(messagePath(chatId, messageId), { method: 'PATCH', body: { text } });
  }

  /** Sets one's reaction to a message, one emoji, or removes it (null). @throws ApiError MESSAGE_NOT_FOUND */
  react(chatId: string, messageId: string, emoji: string | null): Promise<Message> {
    const path = `${messagePath(chatId, messageId)}/reaction`;
    return this.#changed(path, emoji === null ? { method: 'DELETE' } : { method: 'PUT', body: { emoji } });
  }

  /** Erases an own message's text for everybody; the answer is its tombstone. @throws ApiError MESSAGE_NOT_FOUND */
  async deleteMessage(chatId: string, messageId: string): Promise<Message> {
    return this.#changed(messagePath(chatId, messageId), { method: 'DELETE' });
  }

  async #changed(path: string, options?: CallOptions): Promise<Message> {
    return (await this.#call<{ message: Message }>(path, options)).message;
  }

  /** Marks everything up to `seq` as read. @throws ApiError CHAT_NOT_FOUND */
  markRead(chatId: string, seq: number): Promise<void> {
    return this.#call(`${chatPath(chatId)}/read`, { method: 'POST', body: { seq } });
  }

  #call<T>(path: string, options?: CallOptions): Promise<T> {
    return this.#noticing(this.#transport.json<T>(path, options));
  }

  async #noticing<T>(call: Promise<T>): Promise<T> {
    try {
      return await call;
    } catch (error) {
      if (error instanceof ApiError && error.code === 'UNAUTHENTICATED') this.#onUnauthenticated?.();
      throw error;
    }
  }
}

function messagePath(chatId: string, messageId: string): string {
  return `${chatPath(chatId)}/messages/${encodeURIComponent(messageId)}`;
}

function chatPath(chatId: string): string {
  return `/chats/${encodeURIComponent(chatId)}`;
}
