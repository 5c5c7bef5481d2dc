import { monitorEventLoopDelay } from 'node:perf_hooks';

/** The resolution of the measurement, in milliseconds. */
const RESOLUTION_MS = 5;

/** Measures how long work blocks the event loop of this process. */
export class LoopWatch {
  /** For each name, the longest time that the event loop was blocked and the total time of the work, in milliseconds. */
  readonly figures = new Map<string, { longestMs: number; allMs: number }>();

  /** Runs the work, and records its figures under a name. */
  async during<T>(name: string, work: () => Promise<T>): Promise<T> {
    const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    delay.enable();
    await new Promise((done) => setTimeout(done, 2 * RESOLUTION_MS));
    delay.reset();
    const began = performance.now();
    const result = await work();
    await new Promise((done) => setTimeout(done, 2 * RESOLUTION_MS));
    delay.disable();
    this.figures.set(name, {
      longestMs: Math.round(delay.max / 1e6) - RESOLUTION_MS,
      allMs: Math.round(performance.now() - began),
    });
    return result;
  }

  /** Returns the figures, a line for each name. */
  toString(): string {
    return [...this.figures]
      .map(
        ([name, { longestMs, allMs }]) =>
          `${name}: blocked for ${longestMs} ms at most, ${allMs} ms in total`,
      )
      .join('\n');
  }
}
