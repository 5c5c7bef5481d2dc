import type { Message } from '@app/contracts/edge';
import type { ApiError } from './api-error.js';
import type { UnsentMessage } from './outbox.js';

/** How far an own stored message has come with the other member. */
export type DeliveryState = 'stored' | 'delivered' | 'read';

/** A message of the history: text, tombstone (`message.deletedAt`) or damaged (`message.damaged`). */
export interface StoredItem {
  readonly kind: 'stored';
  /** Stays the same from `sending` on, so that a list can keep its element. */
  readonly key: string;
  readonly message: Message;
  readonly own: boolean;
  /** Of an own message; null for others'. */
  readonly state: DeliveryState | null;
}

/** An own message that is not stored yet. */
export interface PendingItem {
  readonly kind: 'pending';
  readonly key: string;
  readonly message: UnsentMessage;
  readonly own: true;
  readonly state: 'sending' | 'failed';
}

/** One line of a conversation. */
export type TimelineItem = StoredItem | PendingItem;

/** What a timeline holds at one moment. Never changed: each change gives a new snapshot; unchanged items stay the same objects. */
export interface TimelineSnapshot {
  readonly chatId: string;
  /** Stored messages ascending by seq without gaps, then (at the chat's end) the user's own unsent ones. */
  readonly items: readonly TimelineItem[];
  /** Whether there are messages before the first. */
  readonly hasOlder: boolean;
  /** Whether there are messages after the last stored one: the window is not at the chat's end. */
  readonly hasNewer: boolean;
  /** What is being fetched for the user right now. */
  readonly loading: 'latest' | 'older' | 'newer' | null;
  /** False until the first page has come. */
  readonly ready: boolean;
  /** Why the last fetch failed, until one succeeds. */
  readonly error: ApiError | null;
  /** The chat is deleted or left; nothing will come any more. */
  readonly gone: boolean;
}
