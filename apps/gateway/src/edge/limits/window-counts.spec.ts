import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WindowCounts } from './window-counts.js';

describe('WindowCounts', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('counts each key up to its limit, until its window ends', () => {
    const counts = new WindowCounts(2, 60_000);

    expect([1, 2, 3].map(() => counts.add('a').isOver)).toEqual([false, false, true]);
    expect(counts.add('b')).toEqual({ count: 1, isOver: false, left: 1, seconds: 60 });
    vi.advanceTimersByTime(59_000);
    expect(counts.add('a')).toEqual({ count: 4, isOver: true, left: 0, seconds: 1 });
    vi.advanceTimersByTime(1_001);
    expect(counts.add('a')).toEqual({ count: 1, isOver: false, left: 1, seconds: 60 });
  });

  it('takes a count back, but never more than there were', () => {
    const counts = new WindowCounts(1, 60_000);
    counts.add('a');
    expect(counts.full('a')).toMatchObject({ left: 0 });

    counts.takeBack('a');
    counts.takeBack('a');
    counts.takeBack('nobody');

    expect(counts.full('a')).toBeUndefined();
    expect([1, 2].map(() => counts.add('a').isOver)).toEqual([false, true]);
  });

  it('remembers a bounded number of keys', () => {
    const counts = new WindowCounts(1, 60_000, 2);

    for (const key of ['a', 'b', 'c']) counts.add(key);

    expect(['a', 'b', 'c'].map((key) => counts.full(key) !== undefined)).toEqual([false, true, true]);
  });
});
