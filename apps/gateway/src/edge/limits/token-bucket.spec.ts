import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TokenBuckets } from './token-bucket.js';

describe('TokenBuckets', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('gives three times its rate at once, then its rate a second, to each user apart', () => {
    const buckets = new TokenBuckets(2);
    const take = (user: string, times: number): number[] =>
      Array.from({ length: times }, () => buckets.take(user));

    expect(take('ann', 7)).toEqual([0, 0, 0, 0, 0, 0, 1]);
    expect(take('bob', 1)).toEqual([0]);
    vi.advanceTimersByTime(1_000);
    expect(take('ann', 3)).toEqual([0, 0, 1]);
  });

  it('never refuses at rate 0', () => {
    const buckets = new TokenBuckets(0);

    expect(Array.from({ length: 1_000 }, () => buckets.take('ann')).every((wait) => wait === 0)).toBe(true);
  });
});
