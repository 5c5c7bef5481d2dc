export { ApiError } from './api-error.js';
export {
  ChatClient,
  type ChatClientEvents,
  type ChatClientOptions,
  type ConnectionState,
  type FollowOptions,
  type SignedOutReason,
} from './chat-client.js';
export { CookieJar } from './cookie-jar.js';
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
