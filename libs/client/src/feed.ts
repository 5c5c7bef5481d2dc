import type { Chat, Message, MessagePage } from '@app/contracts/edge';
import { toApiError } from './api-error.js';
import { Backoff, pause } from './backoff.js';

/** The dependencies of a feed. */
export interface FeedOptions {
  /** Called for one message at a time; its promise delays the chat's next message. */
  readonly listener: (message: Message) => void | Promise<void>;
  /** By chat id: the seq after which to start. */
  readonly after: Readonly<Record<string, number>>;
  readonly fetchPage: (chatId: string, after: number, limit: number) => Promise<MessagePage>;
}

interface Cursor {
  /** Seq of the last message that the listener received. */
  done: number;
  /** The highest seq known to exist. */
  end: number;
  readonly early: Map<number, Message>;
  running: boolean;
  readonly gone: AbortController;
}

const PAGE = 200;
/** How long an early message waits for the ones before it until they are fetched. */
const GAP_GRACE_MS = 40;
/** The number of messages that may wait for a slow listener; later ones are fetched when needed. */
const EARLY_LIMIT = 1_000;

/** Delivers every message of every chat, once and in seq order per chat, across lost connections. */
export class Feed {
  readonly #cursors = new Map<string, Cursor>();

  constructor(private readonly options: FeedOptions) {}

  /** Takes the current chats of the server, and fetches all messages after the cursors. */
  sync(chats: readonly Chat[]): void {
    for (const chat of chats) this.#advance(chat.id, chat.lastSeq, chat.lastSeq);
  }

  /** Takes a message from an event or an acknowledgement. */
  receive(message: Message): void {
    const cursor = this.#cursor(message.chatId, message.seq - 1);
    if (message.seq > cursor.done && cursor.early.size < EARLY_LIMIT) cursor.early.set(message.seq, message);
    this.#advance(message.chatId, message.seq, message.seq - 1);
  }

  /** Removes a chat. */
  drop(chatId: string): void {
    this.#cursors.get(chatId)?.gone.abort();
    this.#cursors.delete(chatId);
  }

  /** Stops the feed; a later `sync` starts again. */
  close(): void {
    for (const chatId of this.#cursors.keys()) this.drop(chatId);
  }

  #cursor(chatId: string, firstSeen: number): Cursor {
    const known = this.#cursors.get(chatId);
    if (known) return known;
    const done = this.options.after[chatId] ?? firstSeen;
    const cursor: Cursor = { done, end: done, early: new Map(), running: false, gone: new AbortController() };
    this.#cursors.set(chatId, cursor);
    return cursor;
  }

  #advance(chatId: string, end: number, firstSeen: number): void {
    const cursor = this.#cursor(chatId, firstSeen);
    cursor.end = Math.max(cursor.end, end);
    if (!cursor.running) void this.#run(chatId, cursor);
  }

  async #run(chatId: string, cursor: Cursor): Promise<void> {
    const backoff = new Backoff();
    const signal = cursor.gone.signal;
    cursor.running = true;
    while (cursor.done < cursor.end && !signal.aborted) {
      const next = cursor.early.get(cursor.done + 1);
      if (next) {
        cursor.early.delete(next.seq);
        cursor.done = next.seq;
        await this.#tell(next);
        continue;
      }
      await pause(GAP_GRACE_MS, signal);
      if (cursor.early.has(cursor.done + 1) || signal.aborted) continue;
      await this.#fill(chatId, cursor, backoff);
    }
    cursor.running = false;
  }

  async #tell(message: Message): Promise<void> {
    try {
      await this.options.listener(message);
    } catch (error) {
      // An error of the listener is reported as uncaught, and does not stop the feed.
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  async #fill(chatId: string, cursor: Cursor, backoff: Backoff): Promise<void> {
    try {
      const { messages } = await this.options.fetchPage(chatId, cursor.done, PAGE);
      for (const message of messages) cursor.early.set(message.seq, message);
      if (messages.length > 0) return backoff.reset();
      await pause(backoff.next(), cursor.gone.signal);
    } catch (error) {
      const failure = toApiError(error);
      if (failure.code === 'CHAT_NOT_FOUND') return this.drop(chatId);
      await pause(backoff.next(failure), cursor.gone.signal);
    }
  }
}
