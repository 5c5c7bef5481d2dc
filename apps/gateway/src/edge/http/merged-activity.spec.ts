import type { Activity, ActivityType } from '@app/contracts/edge';
import { expect, test } from 'vitest';
import { mergedActivity } from './merged-activity.js';

const events = (type: ActivityType, count: number, from: number): Activity[] =>
  Array.from({ length: count }, (_, i) => ({
    at: new Date(from - i * 1_000).toISOString(),
    type,
    sessionId: null,
    detail: null,
  }));

test('the activity of several services is one list, newest first', () => {
  const merged = mergedActivity([events('logged-in', 3, 10_000), events('key-revealed', 2, 9_500)], 200);

  expect(merged.map(({ type }) => type)).toEqual([
    'logged-in',
    'key-revealed',
    'logged-in',
    'key-revealed',
    'logged-in',
  ]);
});

test('a flood of one kind leaves the older events of the others where they are', () => {
  const merged = mergedActivity(
    [
      [...events('logged-in', 3, 5_000), ...events('registered', 1, 1_000)],
      events('key-revealed', 200, 900_000),
    ],
    200,
  );

  expect(merged).toHaveLength(200);
  expect(merged.filter(({ type }) => type !== 'key-revealed')).toHaveLength(4);
  expect(merged.at(-1)?.type).toBe('registered');
  expect(merged[0]?.at).toBe(new Date(900_000).toISOString());
});
