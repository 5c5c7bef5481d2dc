import { LruMap } from '@app/platform';

/** How a key stands in its window. */
export interface WindowState {
  /** How often it has been counted. */
  readonly count: number;
  /** Whether it has been counted more often than it may. */
  readonly isOver: boolean;
  readonly left: number;
  /** Until the window ends, in seconds, 1 at least. */
  readonly seconds: number;
}

interface Window {
  count: number;
  endsAt: number;
}

/**
 * Counts per key in windows of fixed length, each beginning with the first count. The key unused for the longest is
 * evicted, so memory is bounded.
 */
export class WindowCounts {
  private readonly windows: LruMap<string, Window>;

  /**
   * @param limit how often a key may be counted in a window
   * @param windowMs the length of a window in milliseconds
   * @param keys how many keys are remembered
   */
  constructor(
    readonly limit: number,
    private readonly windowMs: number,
    keys = 50_000,
  ) {
    this.windows = new LruMap(keys);
  }

  /** Counts a key once more. */
  add(key: string): WindowState {
    let window = this.current(key);
    if (!window) this.windows.set(key, (window = { count: 0, endsAt: performance.now() + this.windowMs }));
    window.count++;
    return this.state(window);
  }

  /** Takes a count back. */
  takeBack(key: string): void {
    const window = this.current(key);
    if (window && window.count > 0) window.count--;
  }

  /** Whether the next count of a key would be one too many, and for how long; undefined when it would not. */
  full(key: string): WindowState | undefined {
    const window = this.current(key);
    return window && window.count >= this.limit ? this.state(window) : undefined;
  }

  private current(key: string): Window | undefined {
    const window = this.windows.get(key);
    return window && window.endsAt > performance.now() ? window : undefined;
  }

  private state({ count, endsAt }: Window): WindowState {
    return {
      count,
      isOver: count > this.limit,
      left: Math.max(0, this.limit - count),
      seconds: Math.max(1, Math.ceil((endsAt - performance.now()) / 1000)),
    };
  }
}
