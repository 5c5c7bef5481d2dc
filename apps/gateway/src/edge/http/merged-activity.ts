import type { Activity } from '@app/contracts/edge';

/**
 * The latest events of several lists, newest first. Above the limit the most frequent type loses its oldest event: a
 * flood of one kind hides nothing of another.
 * @param lists each newest first
 * @param limit how many events are left
 */
export function mergedActivity(lists: readonly (readonly Activity[])[], limit: number): Activity[] {
  const events = lists.flat().toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at));
  const counts = new Map<string, number>();
  for (const { type } of events) counts.set(type, (counts.get(type) ?? 0) + 1);
  for (let excess = events.length - limit; excess > 0; excess--) {
    const [[most, count] = ['', 0]] = [...counts].toSorted(([, a], [, b]) => b - a);
    counts.set(most, count - 1);
  }
  return events.filter(({ type }) => {
    const left = counts.get(type) ?? 0;
    counts.set(type, left - 1);
    return left > 0;
  });
}
