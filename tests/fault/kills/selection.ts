import type { WritingCall } from './traced.js';

/** Whether a call needs room on the disk. */
export const needsRoom = ({ name }: WritingCall): boolean =>
  /^(write|pwrite64|link|mkdir|rename|fsync)$/.test(name);

/** Returns as many of some items, spread over all of them from the first to the last. */
const spread = <T>(all: readonly T[], count: number): readonly T[] =>
  all.length <= count
    ? all
    : Array.from(
        { length: count },
        (_, i) => all[Math.round((i * (all.length - 1)) / Math.max(count - 1, 1))] as T,
      );

/** Returns as many of some items as the short form takes; all in the long form. */
export const sampled = <T>(all: readonly T[], count: number): readonly T[] =>
  process.env['TEST_LONG'] === '1' ? all : spread(all, count);

/**
 * Takes of each kind of call on each file so many, spread over its calls.
 * @param calls in their order
 * @param count how many of a kind
 */
export function ofEachKind(calls: readonly WritingCall[], count: number): WritingCall[] {
  const kinds = new Map<string, WritingCall[]>();
  for (const call of calls) {
    const kind = `${call.name} ${call.file}`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), call]);
  }
  return [...kinds.values()].flatMap((kind) => spread(kind, count));
}
