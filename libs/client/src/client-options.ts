import type { CookieJar } from './cookie-jar.js';
import type { OutboxStorage } from './outbox-storage.js';

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

/** Where `follow` begins; without it, behind what is newest when a chat is first seen. */
export interface FollowOptions {
  /** By chat id: the seq after which to begin, for the chats that a program has followed before. */
  readonly after?: Readonly<Record<string, number>>;
}
