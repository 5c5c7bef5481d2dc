const PREFIX = 'secure-chat.draft.';

/** The part of `localStorage` that is needed here. */
export type DraftStorage = Pick<Storage, 'length' | 'key' | 'getItem' | 'setItem' | 'removeItem'>;

/**
 * What is written but not sent, per user and chat: one draft in all tabs of a browser, in which whoever wrote last is
 * right. It survives a reload and a session that ended. Where the browser refuses storage, it is kept in memory.
 */
export class Drafts {
  /** What the storage did not take. */
  readonly #memory = new Map<string, string>();
  readonly #storage: DraftStorage | null;
  readonly #listeners = new Map<string, Set<() => void>>();

  constructor(storage: DraftStorage | null) {
    this.#storage = storage;
  }

  /** The draft, or an empty text. */
  read(userId: string, chatId: string): string {
    const key = keyOf(userId, chatId);
    return this.#memory.get(key) ?? this.#tried((storage) => storage.getItem(key)) ?? '';
  }

  /** Keeps a draft; an empty one is discarded. */
  write(userId: string, chatId: string, text: string): void {
    const key = keyOf(userId, chatId);
    if (text === '') return this.#discard(key);
    if (this.#tried((storage) => (storage.setItem(key, text), true)) === true) this.#memory.delete(key);
    else this.#memory.set(key, text);
  }

  /** How many drafts a user has. */
  count(userId: string): number {
    return this.#keys(userId).length;
  }

  /** Calls `listener` when another tab changed a draft, until the returned function is called. */
  watch(userId: string, chatId: string, listener: () => void): () => void {
    const key = keyOf(userId, chatId);
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(key);
    };
  }

  /** Another tab changed what is stored. @param key which item; null for any */
  changed(key: string | null): void {
    if (key !== null) this.#memory.delete(key); // the other tab wrote last
    for (const one of key === null ? this.#listeners.keys() : [key])
      for (const listener of this.#listeners.get(one) ?? []) listener();
  }

  /** Discards all drafts of a user but those of the chats named. */
  keepOnly(userId: string, chatIds: ReadonlySet<string>): void {
    const { length } = keyOf(userId, '');
    for (const key of this.#keys(userId)) if (!chatIds.has(key.slice(length))) this.#discard(key);
  }

  /** Discards everything of a user. */
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
      return undefined; // full or forbidden: the memory has it
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
