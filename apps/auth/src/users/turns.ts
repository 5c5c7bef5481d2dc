import { unavailable } from '@app/platform';

/** Lets a few pieces of work run at the same time; the others wait in order, and not for ever. */
export class Turns {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  /**
   * @param parallel how many run at the same time
   * @param maxWaiting how many may wait for their turn
   * @param maxWaitMs after how long nobody waits for an answer any more, in milliseconds: that work is not begun
   */
  constructor(
    private readonly parallel: number,
    private readonly maxWaiting: number,
    private readonly maxWaitMs: number,
  ) {}

  /** How many wait for their turn. */
  get length(): number {
    return this.waiting.length;
  }

  /**
   * Runs work when its turn comes.
   * @throws {Refusal} SERVICE_UNAVAILABLE when too many wait, or when the turn comes too late
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const waitedMs = await this.enter();
    try {
      if (waitedMs > this.maxWaitMs) throw tooMany();
      return await work();
    } finally {
      // The place goes straight to whoever waits the longest.
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }

  private async enter(): Promise<number> {
    if (this.running < this.parallel) {
      this.running++;
      return 0;
    }
    if (this.waiting.length >= this.maxWaiting) throw tooMany();
    const since = performance.now();
    await new Promise<void>((go) => this.waiting.push(go));
    return performance.now() - since;
  }
}

function tooMany(): Error {
  return unavailable('Too many people log in right now');
}
