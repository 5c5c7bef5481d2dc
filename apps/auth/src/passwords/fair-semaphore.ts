import { unavailable } from '@app/platform';

interface Waiting {
  readonly since: number;
  readonly enter: () => void;
  readonly refuse: (error: Error) => void;
}

/**
 * A concurrency limit that is fair between keys: each key that waits runs one piece of work before any runs its second, so
 * who asks for much delays only themselves. When too many wait, the key with the most waiting work loses its latest.
 */
export class FairSemaphore {
  private running = 0;
  private waitingCount = 0;
  /** The first key runs next, and then moves to the end. */
  private readonly waiting = new Map<string, Waiting[]>();

  /**
   * @param parallel how many run at once
   * @param maxWaiting how many may wait
   * @param maxWaitMs how long work may wait, in milliseconds: after that its caller has given up, and it is not begun
   */
  constructor(
    private readonly parallel: number,
    private readonly maxWaiting: number,
    private readonly maxWaitMs: number,
  ) {}

  /** The number that wait. */
  get length(): number {
    return this.waitingCount;
  }

  /**
   * Runs work as soon as the limit allows.
   * @param key for whom the work is done
   * @throws {ApiError} SERVICE_UNAVAILABLE when too many wait, or it has waited too long
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

  /** Hands the freed place to the next key. */
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
