import { describe, expect, it } from 'vitest';
import { ApiError } from './api-error.js';
import { Backoff, pause } from './backoff.js';

describe('Backoff', () => {
  it('pauses longer and longer up to its limit, when tries go on failing', () => {
    const backoff = new Backoff(100, 1_000);

    const pauses = Array.from({ length: 12 }, () => backoff.next());

    pauses.forEach((ms, i) => {
      const longest = Math.min(1_000, 100 * 2 ** i);
      expect(ms).toBeGreaterThanOrEqual(longest / 2);
      expect(ms).toBeLessThanOrEqual(longest);
    });
  });

  it('does not pause alike, when many begin at once', () => {
    const pauses = new Set(Array.from({ length: 20 }, () => new Backoff().next()));

    expect(pauses.size).toBeGreaterThan(1);
  });

  it('begins with short pauses again, when a try succeeded', () => {
    const backoff = new Backoff(100, 10_000);
    for (let i = 0; i < 10; i++) backoff.next();

    backoff.reset();

    expect(backoff.next()).toBeLessThanOrEqual(100);
  });

  it('waits at least as long as the server asks, when it asks', () => {
    const cause = new ApiError('RATE_LIMITED', { detail: 'slow down', retryAfter: 3 });

    expect(new Backoff().next(cause)).toBeGreaterThanOrEqual(3_000);
  });
});

describe('pause', () => {
  it('ends at once, when its signal is aborted', async () => {
    const abort = new AbortController();

    const paused = pause(60_000, abort.signal);
    abort.abort();

    await paused;
    await pause(60_000, abort.signal);
  });
});
