import { LruMap } from '@app/platform';

/** The state of a key's window. */
export interface WindowState {
  /** How often the key was counted. */
  readonly count: number;
  /** Whether that is more than the limit. */
  readonly isOver: boolean;
  readonly left: number;
  /** Seconds until the window ends, at least 1. */
  readonly seconds: number;
}

interface Window {
  count: number;
  endsAt: number;
}

/**
 * Counts per key in windows of fixed length, each of which begins with the first count. The least recently used keys are
 * evicted, so memory is bounded.
 */
export class WindowCounts {
  private readonly windows: LruMap<string, Window>;

  /**
   * @param limit how often a key may be counted per window
   * @param windowMs length of a window in milliseconds
   * @param keys how many keys are counted
   */
  constructor(
    readonly limit: number,
    private readonly windowMs: number,
    keys = 50_000,
  ) {
    this.windows = new LruMap(keys);
  }

  /** Counts a key. */
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

  /** Returns the state of a key that has reached its limit; undefined for any other. */
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
