import type { WritingCall } from './traced.js';

/** The calls that need room on the disk. */
const GROWING = /^(write|pwrite64|link|mkdir|rename|fsync)$/;

/** Returns as many of some items, spread over all of them from the first to the last. */
const spread = <T>(all: readonly T[], count: number): readonly T[] =>
  all.length <= count
    ? all
    : Array.from({ length: count }, (_, i) => all[Math.round((i * (all.length - 1)) / (count - 1))] as T);

/** Returns as many of some items as the short form takes; all in the long form. */
export const sampled = <T>(all: readonly T[], count: number): readonly T[] =>
  process.env['TEST_LONG'] === '1' ? all : spread(all, count);

/** Takes of each group of calls so many, spread over it. */
export const thinned = (groups: readonly (readonly WritingCall[])[], count: number): WritingCall[] =>
  groups.flatMap((group) => spread(group, count));

/** Returns the rows of writes to one file with no other call in between; any other call is a row of its own. */
export function rowsOf(calls: readonly WritingCall[]): WritingCall[][] {
  const rows: WritingCall[][] = [];
  for (const call of calls) {
    const row = rows.at(-1);
    const before = row?.at(-1);
    if (row && call.name === 'pwrite64' && before?.name === call.name && before.file === call.file)
      row.push(call);
    else rows.push([call]);
  }
  return rows;
}

/** Returns the calls that need room on the disk, by their kind and file. */
export function kindsOf(calls: readonly WritingCall[]): WritingCall[][] {
  const kinds = new Map<string, WritingCall[]>();
  for (const call of calls) {
    if (!GROWING.test(call.name)) continue;
    const kind = `${call.name} ${call.file}`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), call]);
  }
  return [...kinds.values()];
}
