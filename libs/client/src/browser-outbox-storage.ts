import { MemoryOutboxStorage, type OutboxEntry, type OutboxStorage } from './outbox-storage.js';

/** The part of `localStorage` that is used here. */
interface KeyValueStore {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

const PREFIX = 'secure-chat.outbox.';
/** The key of the number of the newest entry. Unlike a clock, it never goes back. */
const COUNTER = 'secure-chat.outbox-count';
/** Changes by other tabs within this time cause one call of the listener. In milliseconds. */
const WATCH_MS = 100;

/** The part of a window that reports changes by other tabs. */
interface StorageScope {
  addEventListener?(event: 'storage', listener: (event: { readonly key: string | null }) => void): void;
  removeEventListener?(event: 'storage', listener: (event: { readonly key: string | null }) => void): void;
}

/**
 * Returns the storage for browsers: `localStorage`, one item per message, with the user's id in its key. If the browser
 * refuses it (private window, full), unsent messages stay in memory and are lost with the page.
 */
export function browserOutboxStorage(): OutboxStorage {
  const store = localStorageIfAllowed();
  return store ? new KeyValueOutboxStorage(store) : new MemoryOutboxStorage();
}

function localStorageIfAllowed(): KeyValueStore | undefined {
  try {
    return (globalThis as { localStorage?: KeyValueStore }).localStorage;
  } catch {
    return undefined; // reading the property throws if storage is disabled
  }
}

/** Stores entries in a key-value store, one key each, so that the cost of a write does not depend on their number. */
export class KeyValueOutboxStorage implements OutboxStorage {
  #last = 0;
  /** Entries that the browser refused to store: they are only in the outbox, and still to be sent. */
  readonly #refused = new Set<string>();

  constructor(private readonly store: KeyValueStore) {}

  load(userId: string): readonly OutboxEntry[] {
    const found: Kept[] = [];
    for (const key of this.#keys(userId)) {
      const kept = parse(this.store.getItem(key));
      if (kept) found.push(kept);
    }
    found.sort(inOrder);
    this.#last = Math.max(this.#last, ...found.slice(-1).map(({ order }) => Number(order) || 0));
    return found.map(({ entry }) => entry);
  }

  put(userId: string, entry: OutboxEntry): void {
    const key = keyOf(userId, entry.clientMessageId);
    const order = this.#nextOrder();
    try {
      this.store.setItem(key, JSON.stringify({ order, entry }));
    } catch {
      // Full or forbidden: the entry is only in the memory of the outbox.
      this.#refused.add(key);
    }
  }

  has(userId: string, clientMessageId: string): boolean {
    const key = keyOf(userId, clientMessageId);
    return this.#refused.has(key) || this.#tried(() => this.store.getItem(key)) !== null;
  }

  watch(listener: () => void): () => void {
    const scope = globalThis as unknown as StorageScope;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const changed = ({ key }: { readonly key: string | null }): void => {
      if (key !== null && !key.startsWith(PREFIX)) return;
      timer ??= setTimeout(() => {
        timer = undefined;
        listener();
      }, WATCH_MS);
    };
    scope.addEventListener?.('storage', changed);
    return () => {
      clearTimeout(timer);
      scope.removeEventListener?.('storage', changed);
    };
  }

  remove(userId: string, clientMessageId: string): void {
    this.#forget(keyOf(userId, clientMessageId));
  }

  clear(userId: string): void {
    for (const key of this.#keys(userId)) this.#forget(key);
  }

  #keys(userId: string): readonly string[] {
    const keys: string[] = [];
    for (let i = 0; i < this.store.length; i++) {
      const key = this.store.key(i);
      if (key?.startsWith(`${PREFIX}${userId}.`)) keys.push(key);
    }
    return keys;
  }

  /** Returns a number that no tab has used. */
  #nextOrder(): number {
    const counted = Number(this.#tried(() => this.store.getItem(COUNTER))) || 0;
    this.#last = Math.max(this.#last, counted) + 1;
    this.#tried(() => this.store.setItem(COUNTER, String(this.#last)));
    return this.#last;
  }

  #forget(key: string): void {
    this.#refused.delete(key);
    this.#tried(() => this.store.removeItem(key));
  }

  #tried<T>(use: () => T): T | null {
    try {
      return use();
    } catch {
      return null; // full, or forbidden meanwhile
    }
  }
}

/** A stored entry. Earlier versions stored an order that begins with a time instead of a number. */
interface Kept {
  readonly order: number | string;
  readonly entry: OutboxEntry;
}

function inOrder(a: Kept, b: Kept): number {
  if (typeof a.order !== typeof b.order) return typeof a.order === 'string' ? -1 : 1;
  return a.order < b.order ? -1 : a.order > b.order ? 1 : 0;
}

function keyOf(userId: string, clientMessageId: string): string {
  return `${PREFIX}${userId}.${clientMessageId}`;
}

/** Returns what `put` stored, or undefined for anything else: other code of the origin may write there, too. */
function parse(value: string | null): Kept | undefined {
  try {
    const { order, entry } = JSON.parse(value ?? '') as { order?: unknown; entry?: Partial<OutboxEntry> };
    if ((typeof order !== 'string' && typeof order !== 'number') || !entry) return undefined;
    const { chatId, clientMessageId, text, replyTo = '', createdAt } = entry;
    const fields = [chatId, clientMessageId, text, replyTo, createdAt];
    return fields.every((field) => typeof field === 'string')
      ? { order, entry: entry as OutboxEntry }
      : undefined;
  } catch {
    return undefined;
  }
}
