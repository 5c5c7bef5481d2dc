/** A message that the server has not acknowledged yet. */
export interface OutboxEntry {
  readonly chatId: string;
  readonly clientMessageId: string;
  readonly text: string;
  /** The id of the message that it answers. */
  readonly replyTo?: string;
  /** When it was written, ISO 8601 UTC, by this machine's clock. */
  readonly createdAt: string;
}

/**
 * Stores unsent messages beyond the end of the program. Everything is stored per user id and read only for that user,
 * so that a shared computer does not reveal it to others. It is synchronous on purpose: after `put`, an entry is stored
 * even if the page closes immediately. No method throws.
 */
export interface OutboxStorage {
  /** Returns the user's entries, in the order of `put`. */
  load(userId: string): readonly OutboxEntry[];
  put(userId: string, entry: OutboxEntry): void;
  remove(userId: string, clientMessageId: string): void;
  /** Whether an entry still exists: another tab may have sent or discarded it. */
  has(userId: string, clientMessageId: string): boolean;
  /** Removes all entries of the user. */
  clear(userId: string): void;
  /** Calls `listener` soon after another tab changed entries, until the returned function is called. */
  watch(listener: () => void): () => void;
}

/** Stores entries in memory: for programs, and if a browser allows nothing else. */
export class MemoryOutboxStorage implements OutboxStorage {
  readonly #users = new Map<string, Map<string, OutboxEntry>>();

  load(userId: string): readonly OutboxEntry[] {
    return [...(this.#users.get(userId)?.values() ?? [])];
  }

  put(userId: string, entry: OutboxEntry): void {
    const entries = this.#users.get(userId) ?? new Map<string, OutboxEntry>();
    this.#users.set(userId, entries.set(entry.clientMessageId, entry));
  }

  remove(userId: string, clientMessageId: string): void {
    this.#users.get(userId)?.delete(clientMessageId);
  }

  has(userId: string, clientMessageId: string): boolean {
    return this.#users.get(userId)?.has(clientMessageId) === true;
  }

  clear(userId: string): void {
    this.#users.delete(userId);
  }

  watch(): () => void {
    return () => undefined; // no other tab shares this memory
  }
}
