import type { Chat, Message } from '@app/contracts/edge';
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

/**
 * What a timeline holds at one moment. Never changed: each change gives a new snapshot; items that did not change
 * stay the same objects.
 */
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
  /** It is gone and was deleted for everybody; false also for one that went while there was no connection. */
  readonly deleted: boolean;
  /** It is gone because the user left it, here or elsewhere; false also for one that went without a connection. */
  readonly left: boolean;
}

/** Makes the items of a timeline, the same object for what did not change. */
export class TimelineItems {
  #made = new Map<string, TimelineItem>();

  constructor(private readonly me: string) {}

  /**
   * @param messages stored ones, ascending
   * @param unsent own ones that are not stored
   * @param chat whose marks say how far own messages have come
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

/** How far every other member has come; nothing when there is none. */
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
