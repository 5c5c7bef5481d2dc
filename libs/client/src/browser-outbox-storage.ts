import { MemoryOutboxStorage, type OutboxEntry, type OutboxStorage } from './outbox-storage.js';

/** The part of `localStorage` that is needed here. */
interface KeyValueStore {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

const PREFIX = 'secure-chat.outbox.';

/**
 * The storage for browsers: `localStorage`, one item per message, named by the user's id. Where the browser
 * refuses (private window, full), unsent messages are kept in memory and end with the page.
 */
export function browserOutboxStorage(): OutboxStorage {
  const store = localStorageIfAllowed();
  return store ? new KeyValueOutboxStorage(store) : new MemoryOutboxStorage();
}

function localStorageIfAllowed(): KeyValueStore | undefined {
  try {
    return (globalThis as { localStorage?: KeyValueStore }).localStorage;
  } catch {
    return undefined; // access alone throws where storage is switched off
  }
}

/** Keeps entries in a key-value store, one key for each: a write costs the same however many there are. */
export class KeyValueOutboxStorage implements OutboxStorage {
  #order = 0;

  constructor(private readonly store: KeyValueStore) {}

  load(userId: string): readonly OutboxEntry[] {
    const found: { readonly order: string; readonly entry: OutboxEntry }[] = [];
    for (const key of this.#keys(userId)) {
      const kept = parse(this.store.getItem(key));
      if (kept) found.push(kept);
    }
    return found.sort((a, b) => (a.order < b.order ? -1 : 1)).map(({ entry }) => entry);
  }

  put(userId: string, entry: OutboxEntry): void {
    // By time first, so that entries of an earlier page (whose counter is unknown) and of other tabs sort right.
    const order = `${entry.createdAt}.${String(this.#order++).padStart(9, '0')}`;
    try {
      this.store.setItem(keyOf(userId, entry.clientMessageId), JSON.stringify({ order, entry }));
    } catch {
      // Full or forbidden: the entry lives in memory only, which the outbox holds anyway.
    }
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

  #forget(key: string): void {
    try {
      this.store.removeItem(key);
    } catch {
      // Forbidden since: then it cannot be read either.
    }
  }
}

function keyOf(userId: string, clientMessageId: string): string {
  return `${PREFIX}${userId}.${clientMessageId}`;
}

/** What `put` wrote, or undefined for anything else: other code of the origin may write there too. */
function parse(value: string | null): { readonly order: string; readonly entry: OutboxEntry } | undefined {
  try {
    const { order, entry } = JSON.parse(value ?? '') as { order?: unknown; entry?: Partial<OutboxEntry> };
    if (typeof order !== 'string' || !entry) return undefined;
    const { chatId, clientMessageId, text, createdAt } = entry;
    const fields = [chatId, clientMessageId, text, createdAt];
    return fields.every((field) => typeof field === 'string')
      ? { order, entry: entry as OutboxEntry }
      : undefined;
  } catch {
    return undefined;
  }
}
