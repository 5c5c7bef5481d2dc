import { describe, expect, it } from 'vitest';
import { LruMap } from './lru-map.js';

describe('LruMap', () => {
  it('holds entries up to its limit, and evicts the least recently used one', () => {
    const map = new LruMap<string, number>(2);
    map.set('a', 1);
    map.set('b', 2);

    map.get('a');
    map.set('c', 3);
    expect([...map]).toEqual([
      ['a', 1],
      ['c', 3],
    ]);

    map.set('a', 4);
    map.set('d', 5);
    expect([...map]).toEqual([
      ['a', 4],
      ['d', 5],
    ]);
    expect(map.size).toBe(2);
  });
});

it('evicts the least recently used entry, when the limit is exceeded', () => {
  const map = new LruMap<string, number>(2);
  map.set('first', 1);
  map.set('second', 2);
  map.get('first');

  map.set('third', 3);

  expect([map.get('first'), map.get('second'), map.get('third')]).toEqual([1, undefined, 3]);
});

it('returns nothing, when the entry was evicted', () => {
  const map = new LruMap<string, number>(2);
  map.set('key', 1);

  map.delete('key');

  expect(map.get('key')).toBeUndefined();
});

it('sets a value in about the same time, whether it evicts another or not', () => {
  const timeOf = (limit: number): number => {
    const map = new LruMap<number, number>(limit);
    for (let key = 0; key < 50_000; key++) map.set(key, key);
    const began = performance.now();
    for (let key = 50_000; key < 150_000; key++) map.set(key, key);
    const took = performance.now() - began;
    expect(map.get(149_999)).toBe(149_999);
    expect(map.size).toBeLessThanOrEqual(limit);
    return took;
  };

  expect(timeOf(50_000)).toBeLessThan(8 * timeOf(200_000));
});
