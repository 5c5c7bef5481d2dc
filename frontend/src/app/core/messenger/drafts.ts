const PREFIX = 'secure-chat.draft.';

/** The part of `localStorage` that is needed here. */
export type DraftStorage = Pick<Storage, 'length' | 'key' | 'getItem' | 'setItem' | 'removeItem'>;

/**
 * What is written but not sent, per user and chat. Kept in the browser, so that a draft survives a reload and a
 * session that ended; where the browser refuses storage, in memory.
 */
export class Drafts {
  readonly #memory = new Map<string, string>();
  readonly #storage: DraftStorage | null;

  constructor(storage: DraftStorage | null) {
    this.#storage = storage;
  }

  /** The draft, or an empty text. */
  read(userId: string, chatId: string): string {
    const key = keyOf(userId, chatId);
    return this.#memory.get(key) ?? this.#tried((storage) => storage.getItem(key)) ?? '';
  }

  /** Keeps a draft; an empty one is forgotten. */
  write(userId: string, chatId: string, text: string): void {
    const key = keyOf(userId, chatId);
    if (text === '') return this.#forget(key);
    this.#memory.set(key, text);
    this.#tried((storage) => storage.setItem(key, text));
  }

  /** Forgets all drafts of a user but those of the chats named. */
  keepOnly(userId: string, chatIds: ReadonlySet<string>): void {
    const prefix = keyOf(userId, '');
    for (const key of this.#keys()) {
      if (key.startsWith(prefix) && !chatIds.has(key.slice(prefix.length))) this.#forget(key);
    }
  }

  /** Forgets everything of a user. */
  clear(userId: string): void {
    this.keepOnly(userId, new Set());
  }

  #keys(): readonly string[] {
    const stored = this.#tried((storage) =>
      Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? ''),
    );
    return [...new Set([...this.#memory.keys(), ...(stored ?? [])])];
  }

  #forget(key: string): void {
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

function keyOf(userId: string, chatId: string): string {
  return `${PREFIX}${userId}.${chatId}`;
}
