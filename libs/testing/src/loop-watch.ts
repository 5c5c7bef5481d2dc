import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How often the event loop is looked at, in milliseconds. */
const LOOK_MS = 5;

/** Measures for how long works hold the event loop of this process. */
export class LoopWatch {
  /** The longest hold of each work, in milliseconds, and how long it took in all. */
  readonly figures = new Map<string, { longestMs: number; allMs: number }>();

  /** Does a work and notes its longest hold under a name. */
  async during<T>(name: string, work: () => Promise<T>): Promise<T> {
    const delay = monitorEventLoopDelay({ resolution: LOOK_MS });
    delay.enable();
    await new Promise((done) => setTimeout(done, 2 * LOOK_MS));
    delay.reset();
    const began = performance.now();
    const result = await work();
    await new Promise((done) => setTimeout(done, 2 * LOOK_MS));
    delay.disable();
    this.figures.set(name, {
      longestMs: Math.round(delay.max / 1e6) - LOOK_MS,
      allMs: Math.round(performance.now() - began),
    });
    return result;
  }

  /** A line for each work. */
  toString(): string {
    return [...this.figures]
      .map(([name, { longestMs, allMs }]) => `${name}: longest hold ${longestMs} ms of ${allMs} ms`)
      .join('\n');
  }
}
