import { describe, expect, it } from 'vitest';
import { BATCH_MS, inBatches } from './batches.js';

/** Holds the event loop. */
function work(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

describe('a long work in batches', () => {
  it('calls for each item in order, also of an empty or lazy list', async () => {
    const seen: number[] = [];
    await inBatches([], (item) => seen.push(item));
    await inBatches(new Set([3, 1, 2]).values(), (item) => seen.push(item));
    expect(seen).toEqual([3, 1, 2]);
  });

  it('lets others run after each batch, and no two works in the same round of the event loop', async () => {
    const order: string[] = [];
    let ended = false;
    const other = (): void => {
      order.push('other');
      if (!ended) setImmediate(other);
    };
    setImmediate(other);
    const long = (name: string): Promise<void> =>
      inBatches([1, 2, 3], () => {
        order.push(name);
        work(BATCH_MS);
      });

    await Promise.all(['a', 'b', 'c'].map(long));
    ended = true;

    const works = order.slice(order.indexOf('a'));
    expect(works.filter((one) => one !== 'other')).toEqual(['a', 'b', 'c', 'a', 'b', 'c', 'a', 'b', 'c']);
    works.forEach((one, i) =>
      expect(one === 'other' || works[i + 1] === 'other' || i === works.length - 1).toBe(true),
    );
  });

  it('ends with what an item throws, and holds up nobody behind it', async () => {
    const failing = inBatches([1], () => {
      throw new Error('no');
    });
    const next = inBatches([1], () => undefined);
    await expect(failing).rejects.toThrow('no');
    await next;
  });
});
