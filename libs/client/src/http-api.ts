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

/** The options of the HTTP API; each has a default. */
export interface HttpApiOptions {
  /** Origin of the server, such as `http://localhost:5000`; default: the page's origin. */
  readonly baseUrl?: string;
  /** For programs outside a browser: stores the session's cookie. */
  readonly cookies?: CookieJar;
  /** The timeout of a call in milliseconds; default: 10,000. */
  readonly timeoutMs?: number;
  /** Called whenever the server answers that there is no session. */
  readonly onUnauthenticated?: () => void;
}

/** Selects a page of history; without a cursor the newest. */
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

/** The server answers a deletion within 10 s, also if it is unfinished; this adds time for the network. */
const DELETE_CHAT_TIMEOUT_MS = 15_000;
const EXPORT_IDLE_TIMEOUT_MS = 30_000;

/**
 * One method for each call of the HTTP API. Methods reject only with ApiError, and within their timeout. They do not
 * retry, and store only the cookie.
 */
export class HttpApi {
  readonly #transport: HttpTransport;
  readonly #onUnauthenticated: (() => void) | undefined;

  constructor(options: HttpApiOptions = {}) {
    this.#transport = new HttpTransport(options.baseUrl ?? '', options.cookies, options.timeoutMs ?? 10_000);
    this.#onUnauthenticated = options.onUnauthenticated;
  }

  /** Returns the server's time in milliseconds since 1970, as far as its answers have shown it. */
  now(): number {
    return this.#transport.clock.now();
  }

  /**
   * Creates an account and logs in.
   * @throws ApiError VALIDATION_FAILED, USERNAME_TAKEN, REGISTRATION_CLOSED, RATE_LIMITED
   */
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

  /** Returns the logged-in user. @throws ApiError UNAUTHENTICATED if there is none */
  async me(): Promise<User> {
    return (await this.#call<{ user: User }>('/auth/me')).user;
  }

  /** Changes the password and ends every other session. @throws ApiError INVALID_CREDENTIALS, VALIDATION_FAILED */
  changePassword(currentPassword: string, newPassword: string): Promise<void> {
    return this.#call('/auth/password', { method: 'PUT', body: { currentPassword, newPassword } });
  }

  /**
   * Sets a new password with the token of a password reset link; ends every session of the user.
   * @throws ApiError NOT_FOUND if the link is no longer valid, VALIDATION_FAILED, RATE_LIMITED
   */
  async resetPassword(token: string, newPassword: string): Promise<User> {
    const body = { token, newPassword };
    return (await this.#call<{ user: User }>('/auth/reset', { method: 'POST', body })).user;
  }

  /** Returns the user's sessions. */
  async sessions(): Promise<readonly Session[]> {
    return (await this.#call<{ sessions: readonly Session[] }>('/auth/sessions')).sessions;
  }

  /** Ends one session. @throws ApiError NOT_FOUND */
  revokeSession(sessionId: string): Promise<void> {
    return this.#call(`/auth/sessions/${encodeURIComponent(sessionId)}`, { method: 'DELETE' });
  }

  /** Returns the user's activity, newest first, at most 200 events. */
  async activity(): Promise<readonly Activity[]> {
    return (await this.#call<{ events: readonly Activity[] }>('/auth/activity')).events;
  }

  /**
   * Reads the export, a JSON text in UTF-8 of any length: `{user, chats: [{chat, messages}]}`.
   * @param onChunk called with each chunk and the number of bytes so far; a chunk may end inside a character
   * @param signal aborts the call
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

  /** Creates a chat; another person joins it with `key`. @param name 1 to 80 characters, or none */
  createChat(name?: string): Promise<{ readonly chat: Chat; readonly key: string }> {
    return this.#call('/chats', { method: 'POST', body: name === undefined ? {} : { name } });
  }

  /** Joins a chat. @throws ApiError VALIDATION_FAILED (a mistyped key), CHAT_NOT_FOUND, CHAT_FULL, LIMIT_REACHED, RATE_LIMITED */
  async joinChat(key: string): Promise<Chat> {
    return (await this.#call<{ chat: Chat }>('/chats/join', { method: 'POST', body: { key } })).chat;
  }

  /** Returns the user's chats, latest activity first. */
  async chats(): Promise<readonly Chat[]> {
    return (await this.#call<{ chats: readonly Chat[] }>('/chats')).chats;
  }

  /** Returns a chat. @throws ApiError CHAT_NOT_FOUND */
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
   * Deletes a chat for all members.
   * @throws ApiError SERVICE_UNAVAILABLE if it takes longer: it continues, and a repeated call returns the erasure
   * receipt
   */
  async deleteChat(chatId: string): Promise<ErasureReceipt> {
    const options = { method: 'DELETE', timeoutMs: DELETE_CHAT_TIMEOUT_MS } as const;
    return (await this.#call<{ receipt: ErasureReceipt }>(chatPath(chatId), options)).receipt;
  }

  /** Returns the stored bytes of a chat: sealed messages, never a key. @throws ApiError CHAT_NOT_FOUND */
  storedChat(chatId: string): Promise<StoredChat> {
    return this.#call(`${chatPath(chatId)}/stored`);
  }

  /** Leaves a chat; when the last member leaves, it is erased. @throws ApiError CHAT_NOT_FOUND */
  leaveChat(chatId: string): Promise<void> {
    return this.#call(`${chatPath(chatId)}/members/me`, { method: 'DELETE' });
  }

  /** Returns a page of history, ascending by seq. @throws ApiError CHAT_NOT_FOUND */
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

  /** Sets the user's read position. @throws ApiError CHAT_NOT_FOUND */
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
