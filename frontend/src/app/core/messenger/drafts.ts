const PREFIX = 'secure-chat.draft.';

/** The part of `localStorage` that is used here. */
export type DraftStorage = Pick<Storage, 'length' | 'key' | 'getItem' | 'setItem' | 'removeItem'>;

/**
 * The drafts, per user and chat: all tabs of a browser share one draft, and the last change wins. A draft survives a
 * reload and the end of a session. If the browser refuses storage, it is kept in memory.
 */
export class Drafts {
  /** The drafts that the storage has refused. */
  readonly #memory = new Map<string, string>();
  readonly #storage: DraftStorage | null;
  readonly #listeners = new Map<string, Set<() => void>>();

  constructor(storage: DraftStorage | null) {
    this.#storage = storage;
  }

  /** Returns the draft, or an empty text. */
  read(userId: string, chatId: string): string {
    const key = keyOf(userId, chatId);
    return this.#memory.get(key) ?? this.#tried((storage) => storage.getItem(key)) ?? '';
  }

  /** Stores a draft; discards an empty one. */
  write(userId: string, chatId: string, text: string): void {
    const key = keyOf(userId, chatId);
    if (text === '') return this.#discard(key);
    if (this.#tried((storage) => (storage.setItem(key, text), true)) === true) this.#memory.delete(key);
    else this.#memory.set(key, text);
  }

  /** Returns the number of drafts of a user. */
  count(userId: string): number {
    return this.#keys(userId).length;
  }

  /** Calls `listener` when another tab changes a draft, until the returned function is called. */
  watch(userId: string, chatId: string, listener: () => void): () => void {
    const key = keyOf(userId, chatId);
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(key);
    };
  }

  /** Handles a change by another tab. @param key the item; null for all */
  changed(key: string | null): void {
    if (key !== null) this.#memory.delete(key); // the other tab wrote last
    for (const one of key === null ? this.#listeners.keys() : [key])
      for (const listener of this.#listeners.get(one) ?? []) listener();
  }

  /** Discards all drafts of a user except those of the given chats. */
  keepOnly(userId: string, chatIds: ReadonlySet<string>): void {
    const { length } = keyOf(userId, '');
    for (const key of this.#keys(userId)) if (!chatIds.has(key.slice(length))) this.#discard(key);
  }

  /** Discards all drafts of a user. */
  clear(userId: string): void {
    this.keepOnly(userId, new Set());
  }

  #keys(userId: string): readonly string[] {
    const stored = this.#tried((storage) =>
      Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? ''),
    );
    const prefix = keyOf(userId, '');
    return [...new Set([...this.#memory.keys(), ...(stored ?? [])])].filter((key) => key.startsWith(prefix));
  }

  #discard(key: string): void {
    this.#memory.delete(key);
    this.#tried((storage) => storage.removeItem(key));
  }

  #tried<T>(use: (storage: DraftStorage) => T): T | undefined {
    try {
      return this.#storage ? use(this.#storage) : undefined;
    } catch {
      return undefined; // full or forbidden: the draft is in memory
    }
  }
}

/** Whether an item of the storage is a draft. */
export function isDraftKey(key: string): boolean {
  return key.startsWith(PREFIX);
}

function keyOf(userId: string, chatId: string): string {
  return `${PREFIX}${userId}.${chatId}`;
}
