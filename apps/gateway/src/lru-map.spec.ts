import { describe, expect, it } from 'vitest';
import { LruMap } from './lru-map.js';

describe('LruMap', () => {
  it('holds as many as it may, and forgets the one unused for the longest', () => {
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
