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
 * Where unsent messages outlive the program. Everything is kept per user id and read for that user alone, so
 * that a shared computer shows nobody another's words. It is synchronous on purpose: what `put` took is kept
 * even if the page is closed in the next instant. No method throws.
 */
export interface OutboxStorage {
  /** The user's entries, in the order they were put. */
  load(userId: string): readonly OutboxEntry[];
  put(userId: string, entry: OutboxEntry): void;
  remove(userId: string, clientMessageId: string): void;
  /** Whether an entry is still to be sent: another tab may have sent or discarded it. */
  has(userId: string, clientMessageId: string): boolean;
  /** Removes everything of that user. */
  clear(userId: string): void;
  /** Calls `listener` soon after another tab changed entries, until the returned function is called. */
  watch(listener: () => void): () => void;
}

/** Keeps entries in memory: for programs, and where a browser allows nothing else. */
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
    return () => undefined; // nobody else sees this memory
  }
}
