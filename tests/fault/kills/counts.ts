import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { table } from '../verdict.js';

const PAGE = join(import.meta.dirname, '../../../docs/kills.md');

/** Every command of the matrix, in the order of its rows. */
const COMMANDS = [
  'keys:rotate, adding a key',
  'keys:rotate, destroying a key',
  'nats:rotate',
  'backup',
  'restore',
  'container setup',
  'auth, first start',
  'chat, first start',
  'gateway, first start',
  'auth, start after a kill',
  'chat, start after a kill',
  'gateway, start after a kill',
] as const;

/** A command of the matrix. */
export type Command = (typeof COMMANDS)[number];

/** What was done to a command. */
export interface KillCounts {
  /** Its system calls that write in its folder. */
  calls: number;
  /** How many of them it was killed at. */
  kills: number;
  /** How many of them failed with ENOSPC. */
  refusals: number;
  /** The states of the disk after a power cut that were checked. */
  images: number;
}

const COLUMNS = {
  calls: 'writing calls',
  kills: 'killed at',
  refusals: 'failed with ENOSPC',
  images: 'crash images',
} as const satisfies Record<keyof KillCounts, string>;
const NAMES = Object.keys(COLUMNS) as (keyof KillCounts)[];

/** What the page shows where nothing was counted. */
const NOT_RUN = '–';

/** Returns the counts that a page has written down. */
function readRows(page: string): Map<string, Partial<KillCounts>> {
  const rows = new Map<string, Partial<KillCounts>>();
  for (const line of page.split('\n')) {
    const [, command = '', ...cells] = line.split('|').map((cell) => cell.trim());
    const counts = NAMES.flatMap((name, i) =>
      /^\d+$/.test(cells[i] ?? '') ? [[name, Number(cells[i])]] : [],
    );
    if (counts.length > 0) rows.set(command, Object.fromEntries(counts) as Partial<KillCounts>);
  }
  return rows;
}

/**
 * Returns the page of the matrix with new counts.
 * @param page the page as it is; rows that are not among the new ones are kept
 * @param counts what a run has done to each command
 */
export function withCounts(
  page: string,
  counts: Readonly<Partial<Record<Command, Partial<KillCounts>>>>,
): string {
  const rows = new Map([...readRows(page), ...Object.entries(counts)]);
  const cells = COMMANDS.flatMap((command) => {
    const row = rows.get(command);
    return row ? [[command, ...NAMES.map((name) => String(row[name] ?? NOT_RUN))]] : [];
  });
  return `# Kills at every writing call

The long form of the tests in \`tests/fault/kills\` writes this page. Each command runs under strace and is killed in
place of a system call that writes in its folder; in another run, such a call fails as on a full disk. Then the command
or the service is started once more: it must finish the work, and no key and no row may be lost.

A command is killed at each of its writing calls, and each that needs room fails once. The number
of its calls varies a little from run to run: where that made another call fail or end it, the run does not count.
SQLite writes page after page when a service starts: of each kind of call on each file, a start is killed at the first,
one in the middle and the last, and the first fails.

A crash image is what a power cut after a call leaves of the folder when every byte that was not synced is lost, once
without and once with the names that were not synced. Images that are the same count once. The command or the service is
started on each. A dash stands for what this page has no run of.

${table(['command', ...Object.values(COLUMNS)], cells)}`;
}

/**
 * Prints what was done to a command; the long form writes it into the page.
 * @param command its row
 * @param counts those that are not named stay as the page has them
 */
export function recordCounts(command: Command, counts: Readonly<Partial<KillCounts>>): void {
  console.log(
    `${command}: ${NAMES.flatMap((name) => (counts[name] === undefined ? [] : [`${COLUMNS[name]} ${counts[name]}`])).join(', ')}`,
  );
  if (process.env['TEST_LONG'] !== '1') return;
  const page = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '';
  const before = readRows(page).get(command);
  writeFileSync(PAGE, withCounts(page, { [command]: { ...before, ...counts } }));
}
