import { isSendableText, type Message } from '@app/contracts/edge';
import { ApiError, toApiError, unreachable } from './api-error.js';
import { Backoff } from './backoff.js';
import type { OutboxEntry, OutboxStorage } from './outbox-storage.js';
import { exclusively } from './exclusively.js';
import { randomUuid } from './random-uuid.js';

/** A message that is being sent. */
export interface Sending {
  readonly clientMessageId: string;
  /**
   * Resolves when the server has the message on disk. Rejects with ApiError if the server has refused it, and with
   * SERVICE_UNAVAILABLE if it was discarded (by the user, at sign-out, with its chat). It can be ignored: it never
   * causes an unhandled rejection.
   */
  readonly stored: Promise<Message>;
}

/** An unsent message of the user. `failed`: the server has refused it; it waits for retry or discard. */
export interface UnsentMessage extends OutboxEntry {
  readonly state: 'sending' | 'failed';
  /** Why it failed. */
  readonly error: ApiError | null;
}

/** The dependencies and callbacks of an outbox. */
export interface OutboxOptions {
  readonly storage: OutboxStorage;
  /** Stores a message on the server. Rejects with ApiError. */
  readonly deliver: (entry: OutboxEntry) => Promise<Message>;
  /** Called when the unsent messages of a chat change. */
  readonly onChange: (chatId: string) => void;
  /** Called when the server has stored a message. */
  readonly onStored: (message: Message) => void;
  /** Returns the server's time in milliseconds since 1970, as far as it is known. */
  readonly now?: () => number;
}

/** How long a message that another tab has removed stays until it appears in the history. */
const SENT_ELSEWHERE_MS = 3_000;

/** The maximum number of unsent messages; it fits into the storage of every browser. */
export const OUTBOX_LIMIT = 10_000;

interface Waiting {
  view: UnsentMessage;
  readonly stored: Promise<Message>;
  /** Set after another tab has removed it. */
  leaving?: ReturnType<typeof setTimeout>;
  resolve(message: Message): void;
  reject(error: ApiError): void;
}

/** The unsent messages of one chat. It sends one at a time, to keep their order. */
interface Lane {
  readonly waiting: Map<string, Waiting>;
  readonly backoff: Backoff;
  busy: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * The unsent messages of one user. Each is sent with the same id until the server has acknowledged it, so a
 * repeat (also by another tab that found the same entry in the storage) is stored once.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #lanes = new Map<string, Lane>();
  #userId: string | undefined;
  #size = 0;
  #connected = false;
  #unwatch: (() => void) | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Starts with the stored messages of this user. */
  open(userId: string): void {
    this.close();
    this.#userId = userId;
    for (const entry of this.#options.storage.load(userId).slice(0, OUTBOX_LIMIT)) this.#enqueue(entry);
    this.#unwatch = this.#options.storage.watch(() => this.#adopt());
  }

  /** The number of unsent messages. */
  get size(): number {
    return this.#size;
  }

  /** Clears the memory; the storage keeps the messages. */
  close(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
    for (const chatId of this.#lanes.keys()) this.#forgetLane(chatId);
    this.#userId = undefined;
    this.#connected = false;
  }

  /** Discards all messages, in the storage too. */
  wipe(): void {
    if (this.#userId !== undefined) this.#options.storage.clear(this.#userId);
    this.close();
  }

  /** Takes a text and sends it as soon as its turn comes. @throws ApiError VALIDATION_FAILED, RATE_LIMITED */
  add(chatId: string, text: string, replyTo?: string): Sending {
    if (this.#userId === undefined) throw new ApiError('UNAUTHENTICATED', { detail: 'Nobody is signed in' });
    if (!isSendableText(text)) {
      throw new ApiError('VALIDATION_FAILED', {
        detail: 'A message has 1 to 4,000 characters, not only spaces',
      });
    }
    if (this.#size >= OUTBOX_LIMIT) {
      throw new ApiError('RATE_LIMITED', {
        detail: `${OUTBOX_LIMIT} messages are waiting to be sent already`,
      });
    }
    const entry = {
      chatId,
      clientMessageId: randomUuid(),
      text,
      ...(replyTo !== undefined && { replyTo }),
      createdAt: this.#time(),
    };
    this.#options.storage.put(this.#userId, entry);
    const { stored } = this.#enqueue(entry);
    this.#options.onChange(chatId);
    this.#pump(chatId);
    return { clientMessageId: entry.clientMessageId, stored };
  }

  /** Returns a chat's unsent messages, in the order in which they were written. */
  unsent(chatId: string): readonly UnsentMessage[] {
    return [...(this.#lanes.get(chatId)?.waiting.values() ?? [])].map(({ view }) => view);
  }

  /** Retries a failed message. */
  retry(clientMessageId: string): void {
    const waiting = this.#find(clientMessageId);
    if (waiting?.view.state !== 'failed') return;
    waiting.view = { ...waiting.view, state: 'sending', error: null };
    this.#options.onChange(waiting.view.chatId);
    this.#pump(waiting.view.chatId);
  }

  /** Discards a message. */
  discard(clientMessageId: string): void {
    const waiting = this.#find(clientMessageId);
    if (waiting) this.#remove(waiting).reject(unreachable('The message was discarded'));
  }

  /** Removes a message that the server has stored. */
  settle(message: Message): void {
    if (message.senderId !== this.#userId || message.clientMessageId === null) return;
    const waiting = this.#lanes.get(message.chatId)?.waiting.get(message.clientMessageId);
    if (waiting) this.#remove(waiting).resolve(message);
  }

  /** Discards the messages of all chats except these. */
  keepOnly(chatIds: ReadonlySet<string>): void {
    for (const chatId of this.#lanes.keys()) if (!chatIds.has(chatId)) this.dropChat(chatId);
  }

  /** Discards a chat's messages, in the storage too. */
  dropChat(chatId: string): void {
    const ids = [...(this.#lanes.get(chatId)?.waiting.keys() ?? [])];
    for (const id of ids) if (this.#userId !== undefined) this.#options.storage.remove(this.#userId, id);
    this.#forgetLane(chatId);
    if (ids.length > 0) this.#options.onChange(chatId);
  }

  /** Sends waiting messages, when there is a connection. */
  resume(): void {
    this.#connected = true;
    for (const [chatId, lane] of this.#lanes) {
      clearTimeout(lane.timer);
      lane.timer = undefined;
      lane.backoff.reset();
      this.#pump(chatId);
    }
  }

  /** Waits for `resume`, when there is no connection. */
  suspend(): void {
    this.#connected = false;
  }

  #time(): string {
    return new Date(this.#options.now?.() ?? Date.now()).toISOString();
  }

  /** Applies what other tabs have written, sent and discarded, and their order. */
  #adopt(): void {
    const userId = this.#userId;
    if (userId === undefined) return;
    const entries = this.#options.storage.load(userId);
    const chatIds = new Set<string>();
    for (const entry of entries) {
      if (this.#size >= OUTBOX_LIMIT || this.#find(entry.clientMessageId)) continue;
      this.#enqueue(entry);
      chatIds.add(entry.chatId);
    }
    const rank = new Map(entries.map(({ clientMessageId }, index) => [clientMessageId, index]));
    const place = (id: string): number => rank.get(id) ?? entries.length;
    for (const [chatId, { waiting }] of this.#lanes) {
      for (const one of waiting.values()) this.#isTakenOut(one);
      if (!chatIds.has(chatId)) continue;
      const sorted = [...waiting].sort(([a], [b]) => place(a) - place(b));
      waiting.clear();
      for (const [id, one] of sorted) waiting.set(id, one);
    }
    for (const chatId of chatIds) {
      this.#options.onChange(chatId);
      this.#pump(chatId);
    }
  }

  /** Whether another tab has sent or discarded a message; it is removed here after the history had time to show it. */
  #isTakenOut(waiting: Waiting): boolean {
    const { clientMessageId } = waiting.view;
    if (this.#userId === undefined || this.#options.storage.has(this.#userId, clientMessageId)) return false;
    waiting.leaving ??= setTimeout(() => this.discard(clientMessageId), SENT_ELSEWHERE_MS);
    return true;
  }

  #enqueue(entry: OutboxEntry): Waiting {
    const lane = this.#lanes.get(entry.chatId) ?? newLane();
    this.#lanes.set(entry.chatId, lane);
    const waiting = newWaiting({ ...entry, state: 'sending', error: null });
    lane.waiting.set(entry.clientMessageId, waiting);
    this.#size++;
    return waiting;
  }

  #pump(chatId: string): void {
    const lane = this.#lanes.get(chatId);
    if (!this.#connected || !lane || lane.busy || lane.timer !== undefined) return;
    for (const waiting of lane.waiting.values()) {
      if (waiting.view.state === 'sending' && waiting.leaving === undefined)
        return void this.#sendOne(lane, waiting);
    }
  }

  async #sendOne(lane: Lane, waiting: Waiting): Promise<void> {
    const { state: _state, error: _error, ...entry } = waiting.view;
    const { chatId } = entry;
    lane.busy = true;
    try {
      // One tab sends at a time, so that shared entries are sent once and in order.
      await exclusively(`outbox.${this.#userId}.${chatId}`, async () => {
        if (this.#lanes.get(chatId) !== lane || this.#isTakenOut(waiting)) return;
        const message = await this.#options.deliver(entry);
        lane.backoff.reset();
        if (this.#lanes.get(chatId) === lane) this.#options.onStored(message);
        this.settle(message);
      });
    } catch (error) {
      this.#failed(lane, waiting, toApiError(error));
    }
    lane.busy = false;
    if (this.#lanes.get(chatId) === lane) this.#pump(chatId);
  }

  #failed(lane: Lane, waiting: Waiting, error: ApiError): void {
    const { chatId, clientMessageId } = waiting.view;
    if (this.#lanes.get(chatId) !== lane || lane.waiting.get(clientMessageId) !== waiting) return;
    if (error.transient || error.code === 'UNAUTHENTICATED') {
      lane.timer = setTimeout(() => {
        lane.timer = undefined;
        this.#pump(chatId);
      }, lane.backoff.next(error));
      return;
    }
    waiting.view = { ...waiting.view, state: 'failed', error };
    waiting.reject(error);
    this.#options.onChange(chatId);
  }

  #find(clientMessageId: string): Waiting | undefined {
    for (const { waiting } of this.#lanes.values()) {
      const found = waiting.get(clientMessageId);
      if (found) return found;
    }
    return undefined;
  }

  #remove(waiting: Waiting): Waiting {
    const { chatId, clientMessageId } = waiting.view;
    clearTimeout(waiting.leaving);
    if (this.#lanes.get(chatId)?.waiting.delete(clientMessageId)) this.#size--;
    if (this.#userId !== undefined) this.#options.storage.remove(this.#userId, clientMessageId);
    this.#options.onChange(chatId);
    return waiting;
  }

  #forgetLane(chatId: string): void {
    const lane = this.#lanes.get(chatId);
    if (!lane) return;
    clearTimeout(lane.timer);
    this.#lanes.delete(chatId);
    this.#size -= lane.waiting.size;
    for (const waiting of lane.waiting.values()) {
      clearTimeout(waiting.leaving);
      waiting.reject(unreachable('The message was dropped unsent'));
    }
  }
}

function newLane(): Lane {
  return { waiting: new Map(), backoff: new Backoff(), busy: false, timer: undefined };
}

function newWaiting(view: UnsentMessage): Waiting {
  const settle: Partial<Pick<Waiting, 'resolve' | 'reject'>> = {};
  const stored = new Promise<Message>((resolve, reject) => Object.assign(settle, { resolve, reject }));
  stored.catch(() => undefined); // callers may ignore it
  return {
    view,
    stored,
    resolve: (message) => settle.resolve?.(message),
    reject: (error) => settle.reject?.(error),
  };
}
