import type { Chat, Message } from '@app/contracts/edge';
import type { ApiError } from './api-error.js';
import type { UnsentMessage } from './outbox.js';

/** The state of one of the user's stored messages. */
export type DeliveryState = 'stored' | 'delivered' | 'read';

/** A message of the history: text, tombstone (`message.deletedAt`) or damaged (`message.damaged`). */
export interface StoredItem {
  readonly kind: 'stored';
  /** Stable from `sending` on, so that a list can keep its element. */
  readonly key: string;
  readonly message: Message;
  readonly own: boolean;
  /** The state of an own message; null for those of others. */
  readonly state: DeliveryState | null;
}

/** An unsent message of the user. */
export interface PendingItem {
  readonly kind: 'pending';
  readonly key: string;
  readonly message: UnsentMessage;
  readonly own: true;
  readonly state: 'sending' | 'failed';
}

/** One line of a conversation. */
export type TimelineItem = StoredItem | PendingItem;

/**
 * The content of a timeline at one moment. Each change creates a new snapshot; unchanged items stay the same objects.
 */
export interface TimelineSnapshot {
  readonly chatId: string;
  /** Stored messages ascending by seq without gaps, then (at the chat's end) the user's own unsent ones. */
  readonly items: readonly TimelineItem[];
  /** Whether there are messages before the first. */
  readonly hasOlder: boolean;
  /** Whether there are messages after the last stored one: the window is not at the chat's end. */
  readonly hasNewer: boolean;
  /** The direction that is being fetched for the user. */
  readonly loading: 'latest' | 'older' | 'newer' | null;
  /** False until the first page has arrived. */
  readonly ready: boolean;
  /** The error of the last fetch, until one succeeds. */
  readonly error: ApiError | null;
  /** The chat was deleted or left; there are no more changes. */
  readonly gone: boolean;
  /** It was deleted for all members; false if that happened while there was no connection. */
  readonly deleted: boolean;
  /** The user left it, here or elsewhere; false if that happened while there was no connection. */
  readonly left: boolean;
}

/** Creates the items of a timeline; unchanged items stay the same objects. */
export class TimelineItems {
  #made = new Map<string, TimelineItem>();

  constructor(private readonly me: string) {}

  /**
   * @param messages stored ones, ascending
   * @param unsent the user's unsent messages
   * @param chat has the receipts that determine the states of the user's messages
   */
  make(
    messages: readonly Message[],
    unsent: readonly UnsentMessage[],
    chat: Chat | undefined,
  ): readonly TimelineItem[] {
    const marks = othersMarks(chat, this.me);
    const made = new Map<string, TimelineItem>();
    for (const message of messages) made.set(keyOf(message), this.#stored(message, marks));
    for (const message of unsent) {
      const key = `${this.me}:${message.clientMessageId}`;
      if (!made.has(key)) made.set(key, this.#pending(key, message));
    }
    this.#made = made;
    return [...made.values()];
  }

  #stored(message: Message, marks: Marks): StoredItem {
    const key = keyOf(message);
    const own = message.senderId === this.me;
    const state = own ? stateOf(message, marks) : null;
    const before = this.#made.get(key);
    if (before?.kind === 'stored' && before.message === message && before.state === state) return before;
    return { kind: 'stored', key, message, own, state };
  }

  #pending(key: string, message: UnsentMessage): PendingItem {
    const before = this.#made.get(key);
    if (before?.kind === 'pending' && before.message === message) return before;
    return { kind: 'pending', key, message, own: true, state: message.state };
  }
}

interface Marks {
  readonly deliveredSeq: number;
  readonly readSeq: number;
}

/** Returns the lowest receipts of the other members; undefined if there are none. */
function othersMarks(chat: Chat | undefined, me: string): Marks {
  const others = (chat?.members ?? []).filter((member) => member.id !== me);
  if (others.length === 0) return { deliveredSeq: 0, readSeq: 0 };
  return {
    deliveredSeq: Math.min(...others.map((member) => member.deliveredSeq)),
    readSeq: Math.min(...others.map((member) => member.readSeq)),
  };
}

function stateOf({ seq }: Message, { deliveredSeq, readSeq }: Marks): DeliveryState {
  if (seq <= readSeq) return 'read';
  return seq <= deliveredSeq ? 'delivered' : 'stored';
}

function keyOf({ senderId, clientMessageId, seq }: Message): string {
  return clientMessageId === null ? `seq:${seq}` : `${senderId}:${clientMessageId}`;
}
