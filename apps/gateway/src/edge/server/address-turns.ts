/** What waits, by the address that it comes from. Addresses take turns, and so does what waits of one address. */
export class AddressTurns<T> {
  /** The first address is next, and goes to the end; so does the first of each. */
  private readonly waiting = new Map<string, Set<T>>();

  /** Whether nothing waits. */
  get isEmpty(): boolean {
    return this.waiting.size === 0;
  }

  /** Lets something wait; what waits already keeps its place. */
  add(address: string, item: T): void {
    const items = this.waiting.get(address);
    if (items) items.add(item);
    else this.waiting.set(address, new Set([item]));
  }

  /** Takes what is next. */
  next(): T | undefined {
    const first = this.waiting.entries().next();
    if (first.done) return undefined;
    const [address, items] = first.value;
    const [item] = items;
    this.waiting.delete(address);
    if (item !== undefined) items.delete(item);
    if (items.size > 0) this.waiting.set(address, items);
    return item;
  }

  /** Takes out what does not wait any more. */
  remove(address: string, item: T): void {
    const items = this.waiting.get(address);
    items?.delete(item);
    if (items?.size === 0) this.waiting.delete(address);
  }
}
