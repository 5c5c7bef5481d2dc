import { expect, it } from 'vitest';
import { withCounts } from './counts.js';

const counts = (calls: number): { calls: number; kills: number; refusals: number; images: number } => ({
  calls,
  kills: calls,
  refusals: 2,
  images: 3,
});
const rowsIn = (page: string): string[] =>
  page
    .split('\n')
    .filter((line) => /^\|.*\d/.test(line))
    .map((line) => line.replaceAll(/ +/g, ' '));

it('replaces the rows of a run, keeps the others, and orders them as the matrix does', () => {
  const first = withCounts('', { restore: counts(10), backup: counts(20) });
  const second = withCounts(first, { 'nats:rotate': counts(30), restore: counts(11) });

  expect(rowsIn(second)).toEqual([
    '| nats:rotate | 30 | 30 | 2 | 3 |',
    '| backup | 20 | 20 | 2 | 3 |',
    '| restore | 11 | 11 | 2 | 3 |',
  ]);
  expect(withCounts(second, {}), 'the page is the same from whatever order').toBe(
    withCounts('', { restore: counts(11), backup: counts(20), 'nats:rotate': counts(30) }),
  );
});

it('drops the row of a command that the matrix has no more', () => {
  const page = withCounts('', { backup: counts(20) }).replace('backup', 'a former command');

  expect(rowsIn(withCounts(page, { restore: counts(1) }))).toEqual(['| restore | 1 | 1 | 2 | 3 |']);
});

it('shows a dash for what was not run, and keeps it apart from a zero', () => {
  const page = withCounts('', { backup: { images: 3 }, restore: { kills: 0 } });

  expect(rowsIn(page)).toEqual(['| backup | – | – | – | 3 |', '| restore | – | 0 | – | – |']);
  expect(withCounts(page, {})).toBe(page);
});
