/** A queue that serves addresses round-robin, and the items of one address in their order. */
export class PerAddressQueue<T> {
  /** Both the map and its sets are in the order of service: what is served moves to the end. */
  private readonly waiting = new Map<string, Set<T>>();

  /** Whether no item waits. */
  get isEmpty(): boolean {
    return this.waiting.size === 0;
  }

  /** Adds an item. One that waits already keeps its place. */
  add(address: string, item: T): void {
    const items = this.waiting.get(address);
    if (items) items.add(item);
    else this.waiting.set(address, new Set([item]));
  }

  /** Removes and returns the next item. */
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

  /** Removes an item, if it waits. */
  remove(address: string, item: T): void {
    const items = this.waiting.get(address);
    items?.delete(item);
    if (items?.size === 0) this.waiting.delete(address);
  }
}
