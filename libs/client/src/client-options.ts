import type { CookieJar } from './cookie-jar.js';
import type { OutboxStorage } from './outbox-storage.js';

/** The options of a ChatClient; each has a default. */
export interface ChatClientOptions {
  /** Origin of the server, such as `http://localhost:5000`; default: the page's origin. */
  readonly baseUrl?: string;
  /** For programs outside a browser: stores the session's cookie. Pass `new CookieJar()`. */
  readonly cookies?: CookieJar;
  /** The storage of unsent messages; default: memory. In browsers: `browserOutboxStorage()`. */
  readonly outboxStorage?: OutboxStorage;
  /** The timeout of an HTTP call in milliseconds; default: 10,000. */
  readonly timeoutMs?: number;
}

/** Where `follow` starts; default: after the newest message when a chat is first seen. */
export interface FollowOptions {
  /** By chat id: the seq after which to start, for chats that the program has followed before. */
  readonly after?: Readonly<Record<string, number>>;
}
