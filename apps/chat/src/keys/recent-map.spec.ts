import { expect, it } from 'vitest';
import { RecentMap } from './recent-map.js';

it('forgets the entry unused for the longest, when one more than the limit is kept', () => {
  const map = new RecentMap<string, number>(2);
  map.set('first', 1);
  map.set('second', 2);
  map.get('first');

  map.set('third', 3);

  expect([map.get('first'), map.get('second'), map.get('third')]).toEqual([1, undefined, 3]);
});

it('gives nothing, when the entry was deleted', () => {
  const map = new RecentMap<string, number>(2);
  map.set('key', 1);

  map.delete('key');

  expect(map.get('key')).toBeUndefined();
});
