import { cpus } from 'node:os';
import type { Verdict } from './checker.js';

/** What a run did and what came of it. */
export interface Run {
  readonly seed: number;
  readonly seconds: number;
  readonly faults: number;
  readonly withUnacknowledged: number;
  /** Counts of what was done, by name. */
  readonly done: Readonly<Record<string, number>>;
  readonly verdict: Verdict;
  /** By kind of fault: milliseconds from its lifting until every client had a message acknowledged. */
  readonly recoveries: ReadonlyMap<string, readonly number[]>;
}

const PROMISES: Readonly<Record<keyof Verdict, string>> = {
  acknowledgedAndMissing: 'acknowledged and missing',
  storedTwice: 'stored twice',
  seqGaps: 'gaps in the seqs',
  seenOutOfOrder: 'seen out of order, twice or not at all',
  heardOutOfOrder: 'heard out of order, twice or not at all on one connection',
  storedOutOfOrder: 'stored in another order than sent',
  changedText: 'changed text',
  seenByNonMember: 'seen by a non-member',
  readableAfterDelete: 'readable after a deletion was answered',
};

/** The verdict of a run as Markdown. */
export function written(run: Run): string {
  const promises = Object.entries(run.verdict).map(([name, count]) => [
    PROMISES[name as keyof Verdict],
    String(count),
  ]);
  const recoveries = [...run.recoveries].toSorted().map(([name, times]) => {
    const sorted = times.toSorted((a, b) => a - b);
    return [name, ...[sorted.length, sorted[Math.floor(sorted.length / 2)], sorted.at(-1)].map(String)];
  });
  return [
    '# Verdict of the fault tests',
    '',
    `Written by the run itself. Seed ${run.seed}, ${run.faults} faults of ${run.recoveries.size} kinds in ${run.seconds} s,`,
    `${run.withUnacknowledged} of them while sends were unacknowledged. ${cpus().length} cores for servers, clients and checks together.`,
    '',
    table(['broken promises', 'count'], promises),
    table(
      ['what was done', 'count'],
      Object.entries(run.done).map(([name, count]) => [name, String(count)]),
    ),
    'Recovery: milliseconds from the moment the fault is lifted (the process is started again or goes on, the',
    'connections pass) until every client has had a message acknowledged.',
    '',
    table(['fault', 'times', 'median', 'worst'], recoveries),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

/** Returns a Markdown table as the formatter aligns it. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, i) => Math.max(cell.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  const rule = widths.map((width) => '-'.repeat(width));
  return [...[head, rule, ...rows].map(line), ''].join('\n');
}
