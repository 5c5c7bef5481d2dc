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

  it('puts a token back, but never more than the burst, and none for a user it does not know', () => {
    const buckets = new TokenBuckets(1, 2);
    buckets.take('ann', 2);

    for (let time = 0; time < 5; time++) buckets.refund('ann');
    buckets.refund('bob');

    expect([1, 2, 3].map(() => buckets.take('ann'))).toEqual([0, 0, 1]);
    expect([1, 2, 3].map(() => buckets.take('bob'))).toEqual([0, 0, 1]);
  });

  it('counts a bounded number of users, and evicts the least recently used', () => {
    const buckets = new TokenBuckets(1, 1, 2);

    for (const user of ['ann', 'bob', 'cem']) buckets.take(user);

    expect(['cem', 'bob', 'ann'].map((user) => buckets.take(user))).toEqual([1, 1, 0]);
  });

  it('never refuses at rate 0', () => {
    const buckets = new TokenBuckets(0);

    expect(Array.from({ length: 1_000 }, () => buckets.take('ann')).every((wait) => wait === 0)).toBe(true);
  });
});
