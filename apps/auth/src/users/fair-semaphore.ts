import { unavailable } from '@app/platform';

interface Waiting {
  readonly since: number;
  readonly enter: () => void;
  readonly refuse: (error: Error) => void;
}

/**
 * Limits how many pieces of work run at the same time. Those that wait do so under a key, and the keys take turns:
 * whoever asks for much waits for themselves. When too many wait, the key that has the most loses its latest.
 */
export class FairSemaphore {
  private running = 0;
  private waitingCount = 0;
  /** The first key is next, and goes to the end. */
  private readonly waiting = new Map<string, Waiting[]>();

  /**
   * @param parallel how many run at the same time
   * @param maxWaiting how many may wait
   * @param maxWaitMs after how long nobody waits for an answer any more, in milliseconds: that work is not begun
   */
  constructor(
    private readonly parallel: number,
    private readonly maxWaiting: number,
    private readonly maxWaitMs: number,
  ) {}

  /** How many wait. */
  get length(): number {
    return this.waitingCount;
  }

  /**
   * Runs work when there is room for it.
   * @param key on whose behalf
   * @throws {Refusal} SERVICE_UNAVAILABLE when too many wait, or when there is room too late
   */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    if (this.running < this.parallel) this.running++;
    else await this.wait(key);
    try {
      return await work();
    } finally {
      this.leave();
    }
  }

  private wait(key: string): Promise<void> {
    return new Promise((enter, refuse) => {
      const line = this.waiting.get(key) ?? [];
      this.waiting.set(key, line);
      line.push({ since: performance.now(), enter, refuse });
      this.waitingCount++;
      if (this.waitingCount > this.maxWaiting) this.shed(key);
    });
  }

  /** The place goes straight to whoever is next. */
  private leave(): void {
    for (let next = this.next(); next; next = this.next()) {
      if (performance.now() - next.since <= this.maxWaitMs) {
        next.enter();
        return;
      }
      next.refuse(tooMany());
    }
    this.running--;
  }

  private next(): Waiting | undefined {
    const first = this.waiting.entries().next();
    if (first.done) return undefined;
    const [key, line] = first.value;
    const next = line.shift();
    this.waiting.delete(key);
    if (line.length > 0) this.waiting.set(key, line);
    this.waitingCount--;
    return next;
  }

  private shed(newest: string): void {
    let longest = newest;
    const length = (key: string): number => this.waiting.get(key)?.length ?? 0;
    for (const key of this.waiting.keys()) if (length(key) > length(longest)) longest = key;
    const line = this.waiting.get(longest);
    line?.pop()?.refuse(tooMany());
    if (line?.length === 0) this.waiting.delete(longest);
    this.waitingCount--;
  }
}

function tooMany(): Error {
  return unavailable('Too many people log in right now');
}
