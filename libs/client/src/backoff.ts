import type { ApiError } from './api-error.js';

/**
 * Exponential backoff with jitter, so that the clients of a restarted server do not all reconnect at the same time.
 */
export class Backoff {
  #tries = 0;

  /**
   * @param firstMs the longest first pause in milliseconds
   * @param maxMs the longest pause in milliseconds
   */
  constructor(
    private readonly firstMs = 250,
    private readonly maxMs = 5_000,
  ) {}

  /**
   * Returns the milliseconds to wait before the next attempt: at least `retryAfter` of the last error.
   * @param cause the error of the last attempt, if it is known
   */
  next(cause?: ApiError): number {
    const longest = Math.min(this.maxMs, this.firstMs * 2 ** this.#tries);
    this.#tries = Math.min(this.#tries + 1, 20);
    const ms = longest * (0.5 + Math.random() / 2);
    return cause?.retryAfter === undefined ? ms : cause.retryAfter * 1_000 + ms / 2;
  }

  /** Starts with short pauses again, after an attempt has succeeded. */
  reset(): void {
    this.#tries = 0;
  }
}

/** Waits `ms` milliseconds, or until `signal` is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
