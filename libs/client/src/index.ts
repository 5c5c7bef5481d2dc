export { ApiError } from './api-error.js';
export { ChatClient, discardsUnsent } from './chat-client.js';
export type { ChatClientEvents } from './client-events.js';
export type { ChatClientOptions, FollowOptions } from './client-options.js';
export type { ConnectionState, SignedOutReason } from './connection.js';
export { CookieJar } from './cookie-jar.js';
export { exclusively } from './exclusively.js';
export { HttpApi, type HttpApiOptions, type PageRequest } from './http-api.js';
export { browserOutboxStorage } from './browser-outbox-storage.js';
export { MemoryOutboxStorage, type OutboxEntry, type OutboxStorage } from './outbox-storage.js';
export type { Sending, UnsentMessage } from './outbox.js';
export { Timeline } from './timeline.js';
export type {
  DeliveryState,
  PendingItem,
  StoredItem,
  TimelineItem,
  TimelineSnapshot,
} from './timeline-items.js';
