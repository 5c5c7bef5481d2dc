import { ApiError, unavailable } from '@app/platform';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StaleIfErrorCache } from './stale-if-error-cache.js';

const FRESH_MS = 30_000;

/** An owner whose answers the test gives by hand. */
function owner(): {
  ask: () => Promise<string>;
  answer: (value: string) => void;
  refuse: (error: Error) => void;
  asked: () => number;
} {
  const open: { done: (value: string) => void; failed: (error: Error) => void }[] = [];
  let asked = 0;
  return {
    ask: () => {
      asked++;
      return new Promise((done, failed) => open.push({ done, failed }));
    },
    answer: (value) => open.shift()?.done(value),
    refuse: (error) => open.shift()?.failed(error),
    asked: () => asked,
  };
}

describe('StaleIfErrorCache', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('asks once for all who ask at the same time, and serves the answer until it is old', async () => {
    const cache = new StaleIfErrorCache<string>(FRESH_MS);
    const { ask, answer, asked } = owner();

    const both = [cache.get('k', 'a', ask), cache.get('k', 'a', ask)];
    answer('yes');
    expect(await Promise.all(both)).toEqual(['yes', 'yes']);
    expect(await cache.get('k', 'a', ask)).toBe('yes');
    expect(asked()).toBe(1);

    vi.advanceTimersByTime(FRESH_MS);
    const later = cache.get('k', 'a', ask);
    answer('still');
    expect(await later).toBe('still');
    expect(asked()).toBe(2);
  });

  it('drops an answer that was asked for before a revocation and arrives after it', async () => {
    const cache = new StaleIfErrorCache<string>(FRESH_MS);
    const { ask, answer, refuse, asked } = owner();

    const result = cache.get('k', 'a', ask).catch((error: unknown) => error);
    cache.evict('k');
    answer('from before');
    await vi.waitFor(() => expect(asked()).toBe(2));
    refuse(new ApiError('UNAUTHENTICATED'));

    expect(await result).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(cache.fresh('k')).toBeUndefined();
  });

  it('goes on with what it verified for 15 minutes while the owner does not answer, and no longer', async () => {
    const cache = new StaleIfErrorCache<string>(FRESH_MS);
    const first = owner();
    const verified = cache.get('k', 'a', first.ask);
    first.answer('yes');
    await verified;
    const away = (): Promise<string> => Promise.reject(unavailable());

    vi.advanceTimersByTime(14 * 60_000);
    expect(await cache.get('k', 'a', away)).toBe('yes');
    vi.advanceTimersByTime(2 * 60_000);
    await expect(cache.get('k', 'a', away)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });

  it('keeps up to 10,000 answers, and evicts those unused for the longest', async () => {
    const cache = new StaleIfErrorCache<string>(FRESH_MS);
    const yes = (): Promise<string> => Promise.resolve('yes');

    for (let i = 0; i < 10_001; i++) await cache.get(`k${i}`, 'a', yes);

    expect(cache.fresh('k0')).toBeUndefined();
    expect(cache.fresh('k1000')).toBe('yes');
    expect(cache.fresh('k10000')).toBe('yes');
  });

  it('forgets what the owner definitely refuses', async () => {
    const cache = new StaleIfErrorCache<string>(FRESH_MS);
    const { ask, answer } = owner();
    const verified = cache.get('k', 'a', ask);
    answer('yes');
    await verified;

    vi.advanceTimersByTime(FRESH_MS);
    const refused = cache.get('k', 'a', () => Promise.reject(new ApiError('CHAT_NOT_FOUND')));

    await expect(refused).rejects.toMatchObject({ code: 'CHAT_NOT_FOUND' });
    await expect(cache.get('k', 'a', () => Promise.reject(unavailable()))).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    });
  });
});
