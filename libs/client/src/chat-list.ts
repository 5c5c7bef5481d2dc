import type { Chat } from '@app/contracts/edge';
import { toApiError, type ApiError } from './api-error.js';
import { Backoff, pause } from './backoff.js';
import {
  applyEvent,
  byActivity,
  fetchedChat,
  needsFetch,
  withKnown,
  without,
  withRead,
  type Chats,
} from './chat-events.js';
import type { ServerEvent } from './connection.js';

/** The dependencies and callbacks of a chat list. */
export interface ChatListOptions {
  readonly me: string;
  readonly fetchAll: () => Promise<readonly Chat[]>;
  readonly fetchOne: (chatId: string) => Promise<Chat>;
  readonly onChange: () => void;
  /** Called when every chat was fetched: after the start and after each reconnect. */
  readonly onFetched: () => void;
  readonly onRemoved: (chatId: string, why: Removal) => void;
}

/** Why a chat is gone: deleted for all members, left by the user, or one of the two while there was no connection. */
export type Removal = 'deleted' | 'left' | 'unknown';

/** Events that need the same chat within this time cause one fetch. */
const REFETCH_DELAY_MS = 300;

/**
 * The user's chats: events change them immediately, fetches correct them. Events that arrive during a fetch are applied
 * to its answer again, so that an older answer never hides a newer event.
 */
export class ChatList {
  readonly #options: ChatListOptions;
  readonly #ended = new AbortController();
  readonly #fetches = new Set<ServerEvent[]>();
  readonly #refetching = new Set<string>();
  #chats: Chats = new Map();
  #sorted: readonly Chat[] | undefined;
  #round = 0;
  #ready = false;

  constructor(options: ChatListOptions) {
    this.#options = options;
  }

  /** Latest activity first. */
  get all(): readonly Chat[] {
    return (this.#sorted ??= byActivity(this.#chats));
  }

  /** Whether every chat has been fetched once. */
  get ready(): boolean {
    return this.#ready;
  }

  get(chatId: string): Chat | undefined {
    return this.#chats.get(chatId);
  }

  /** Ends all fetching; calls no listener any more. */
  close(): void {
    this.#ended.abort();
  }

  /** Applies an event. */
  apply(event: ServerEvent): void {
    for (const told of this.#fetches) told.push(event);
    const refetch = needsFetch(this.#chats, event, this.#options.me);
    this.#replace(applyEvent(this.#chats, event, this.#options.me), removalBy(event));
    if (refetch !== undefined) void this.#fetchOneSoon(refetch);
  }

  /** Adds a chat from the answer of an HTTP call. */
  put(chat: Chat): void {
    this.apply({ name: 'chat:joined', payload: { chat } });
  }

  /** Removes a chat that was deleted for all members. */
  remove(chatId: string): void {
    this.apply({ name: 'chat:deleted', payload: { chatId } });
  }

  /** Removes a chat that the user has left. */
  leave(chatId: string): void {
    this.apply({ name: 'chat:member-left', payload: { chatId, userId: this.#options.me } });
  }

  /** Sets the user's read position. */
  markRead(chatId: string, seq: number): void {
    const chat = this.#chats.get(chatId);
    if (chat) this.#replace(new Map(this.#chats).set(chatId, withRead(chat, seq)));
  }

  /** Fetches every chat; retries until it succeeds or a later fetch has started. */
  async fetch(): Promise<void> {
    const round = ++this.#round;
    const backoff = new Backoff();
    while (round === this.#round && !this.#ended.signal.aborted) {
      const first = !this.#ready;
      const error = await this.#recorded(this.#options.fetchAll, (fetched) => {
        this.#ready = true;
        return new Map(fetched.map((chat) => [chat.id, fetchedChat(this.#chats.get(chat.id), chat)]));
      });
      if (!error) {
        // Without a chat the list does not change, but listeners need to know that it is complete.
        if (first && this.#chats.size === 0) this.#options.onChange();
        return this.#options.onFetched();
      }
      if (error.code === 'UNAUTHENTICATED') return;
      await pause(backoff.next(error), this.#ended.signal);
    }
  }

  async #fetchOneSoon(chatId: string): Promise<void> {
    if (this.#refetching.has(chatId)) return;
    this.#refetching.add(chatId);
    await pause(REFETCH_DELAY_MS, this.#ended.signal);
    this.#refetching.delete(chatId);
    if (this.#ended.signal.aborted) return;
    const error = await this.#recorded(
      () => this.#options.fetchOne(chatId),
      (chat) => new Map(this.#chats).set(chatId, fetchedChat(this.#chats.get(chatId), chat)),
    );
    // The next event or reconnect corrects any other failure.
    if (error?.code === 'CHAT_NOT_FOUND') this.#replace(without(this.#chats, chatId));
  }

  async #recorded<T>(fetch: () => Promise<T>, merge: (answer: T) => Chats): Promise<ApiError | undefined> {
    const told: ServerEvent[] = [];
    this.#fetches.add(told);
    try {
      const answer = await fetch();
      if (this.#ended.signal.aborted) return undefined;
      const apply = (chats: Chats, event: ServerEvent): Chats => applyEvent(chats, event, this.#options.me);
      this.#replace(told.reduce(apply, merge(answer)));
      return undefined;
    } catch (error) {
      return toApiError(error);
    } finally {
      this.#fetches.delete(told);
    }
  }

  #replace(next: Chats, why: Removal = 'unknown'): void {
    if (next === this.#chats || this.#ended.signal.aborted) return;
    const chats = withKnown(this.#chats, next);
    if (chats === this.#chats) return;
    const removed = [...this.#chats.keys()].filter((chatId) => !chats.has(chatId));
    this.#chats = chats;
    this.#sorted = undefined;
    for (const chatId of removed) this.#options.onRemoved(chatId, why);
    this.#options.onChange();
  }
}

/** Returns why an event removes a chat, if it does. The event of another member who leaves does not. */
function removalBy({ name }: ServerEvent): Removal {
  if (name === 'chat:deleted') return 'deleted';
  return name === 'chat:member-left' ? 'left' : 'unknown';
}
