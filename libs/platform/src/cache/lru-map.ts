/** How many entries are evicted at once: this part of the limit. */
const EVICTED_PART = 1 / 16;

/**
 * A map that evicts the least recently used entries once it holds more than its limit. It evicts several at once: a Map
 * keeps a gap for each deleted entry until it grows, and each eviction steps over all gaps before the oldest entry.
 */
export class LruMap<K, V> {
  private readonly entries = new Map<K, V>();

  constructor(private readonly limit: number) {}

  /** The number of entries. */
  get size(): number {
    return this.entries.size;
  }

  /** Returns a value and marks it as used. */
  get(key: K): V | undefined {
    const value = this.entries.get(key);
    if (value !== undefined) {
      this.entries.delete(key);
      this.entries.set(key, value);
    }
    return value;
  }

  /** Sets a value, and evicts the least recently used ones when there are too many. */
  set(key: K, value: V): void {
    this.entries.delete(key);
    this.entries.set(key, value);
    if (this.entries.size <= this.limit) return;
    const kept = this.limit - Math.floor(this.limit * EVICTED_PART);
    for (const oldest of this.entries.keys()) {
      if (this.entries.size <= kept) break;
      this.entries.delete(oldest);
    }
  }

  /** Deletes an entry. */
  delete(key: K): boolean {
    return this.entries.delete(key);
  }

  /** Deletes all entries. */
  clear(): void {
    this.entries.clear();
  }

  /** Returns the entries, the least recently used first. */
  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.entries[Symbol.iterator]();
  }
}
