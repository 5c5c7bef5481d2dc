/** A map that forgets what was not asked for the longest once it holds more than its limit. */
export class LruMap<K, V> {
  private readonly entries = new Map<K, V>();

  constructor(private readonly limit: number) {}

  /** How many entries it holds. */
  get size(): number {
    return this.entries.size;
  }

  /** Gives a value and marks it as used. */
  get(key: K): V | undefined {
    const value = this.entries.get(key);
    if (value !== undefined) {
      this.entries.delete(key);
      this.entries.set(key, value);
    }
    return value;
  }

  /** Keeps a value; the one unused for the longest goes when there are too many. */
  set(key: K, value: V): void {
    this.entries.delete(key);
    this.entries.set(key, value);
    if (this.entries.size > this.limit) {
      const oldest = this.entries.keys().next();
      if (!oldest.done) this.entries.delete(oldest.value);
    }
  }

  /** Forgets one entry. */
  delete(key: K): boolean {
    return this.entries.delete(key);
  }

  /** Forgets all entries. */
  clear(): void {
    this.entries.clear();
  }

  /** The entries, those unused for the longest first. */
  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.entries[Symbol.iterator]();
  }
}
