/** A map with a limit: the entry that was not asked for the longest makes room for a new one. */
export class RecentMap<K, V> {
  private readonly entries = new Map<K, V>();

  /** @param limit how many entries it may hold */
  constructor(private readonly limit: number) {}

  /** Gives a value and counts as use of it. */
  get(key: K): V | undefined {
    const value = this.entries.get(key);
    if (value === undefined) return undefined;
    this.entries.delete(key);
    this.entries.set(key, value);
    return value;
  }

  /** Keeps a value. */
  set(key: K, value: V): void {
    this.entries.delete(key);
    this.entries.set(key, value);
    if (this.entries.size <= this.limit) return;
    const oldest = this.entries.keys().next();
    if (!oldest.done) this.entries.delete(oldest.value);
  }

  /** Forgets a value. */
  delete(key: K): void {
    this.entries.delete(key);
  }
}
