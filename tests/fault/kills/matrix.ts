import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { installedArchives } from '../../backup/installed-archives.js';
import { type Command, recordCounts } from './counts.js';
import { CrashImages, restoreImage } from './crash-images.js';
import type { CrashImage } from './disk.js';
import {
  callsOf,
  failingAt,
  hasStrace,
  killedAt,
  sampled,
  spread,
  type Traced,
  type Until,
  type WritingCall,
} from './traced.js';

/** How many runs of a command the short form makes, unless told. */
const SHORT_FORM = 4;

/** How many runs of a command go on at once, each in a folder of its own. */
const LANES = Math.min(Math.max(availableParallelism(), 2), 8);

/** The calls that need room on the disk. */
const GROWING = /^(write|pwrite64|link|mkdir|rename|fsync)$/;

/** How often the long form says how far it is: after so many runs. */
const PROGRESS_EVERY = 25;

/** A command that is run many times in a folder of its own. */
export interface Case {
  readonly program: Traced;
  /** Makes what the command works on. */
  readonly prepare: () => void;
  /** Throws when something is lost, or another run does not finish the work. */
  readonly check: () => Promise<void>;
  /** Ends a program that does not end by itself. */
  readonly until?: Until;
}

/** Which of the calls of a command are taken, all unless told. */
export interface Taken {
  /** How many kills in a row of writes to one file. */
  readonly ofARow?: number;
  /** How many failures of one kind of call on one file. */
  readonly failuresOfAKind?: number;
  /** How many runs the short form makes. */
  readonly shortForm?: number;
}

const execute = promisify(execFile);

/** Unpacks an installation that an earlier version has written. */
export function unpackedInstallation(): ReturnType<typeof temporaryFolder> {
  const folder = temporaryFolder();
  // The setup of the containers goes on as another user.
  chmodSync(folder.path, 0o711);
  execFileSync('tar', ['-xzf', installedArchives()[0] ?? '', '-C', folder.path]);
  return folder;
}

/** Puts a copy of a folder in the place of another. */
export function replaceFolder(folder: string, by: string): void {
  rmSync(folder, { recursive: true, force: true });
  cpSync(by, folder, { recursive: true });
}

/** Runs a command to its end and returns what it printed. */
export async function run({ args, env }: Traced): Promise<string> {
  const { PATH = '', HOME = '' } = process.env;
  const { stdout } = await execute(process.execPath, args, { env: { PATH, HOME, ...env } });
  return stdout;
}

/** Stands in the place of tests that need strace where there is none: CI fails then. */
function withoutStrace(): void {
  it('needs strace', () => {
    console.warn('kills are not tried: apt-get install strace');
    expect(process.env['CI']).toBeUndefined();
  });
}

/** Defines tests that need strace. */
export const whereTraced = hasStrace() ? describe : withoutStrace;

/** Does work on every item, one per lane at a time; all are done before the first failure is thrown. */
async function inLanes<Lane, Item>(
  lanes: readonly Lane[],
  items: readonly Item[],
  work: (lane: Lane, item: Item) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const failures: unknown[] = [];
  let done = 0;
  await Promise.all(
    lanes.map(async (lane) => {
      for (const item of queue) {
        await work(lane, item).catch((error: unknown) => {
          console.error(error);
          failures.push(error);
        });
        done += 1;
        if (done % PROGRESS_EVERY === 0) console.log(`${done} of ${items.length} runs`);
      }
    }),
  );
  if (failures.length > 0)
    throw new AggregateError(failures, `${failures.length} of ${items.length} runs failed`, {
      cause: failures[0],
    });
}

/** Takes of each group of calls so many, spread over it. */
const thinned = (groups: readonly (readonly WritingCall[])[], count: number): WritingCall[] =>
  groups.flatMap((group) => spread(group, count));

/** Returns the rows of writes to one file with no other call in between; any other call is a row of its own. */
function rowsOf(calls: readonly WritingCall[]): WritingCall[][] {
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
function kindsOf(calls: readonly WritingCall[]): WritingCall[][] {
  const kinds = new Map<string, WritingCall[]>();
  for (const call of calls) {
    if (!GROWING.test(call.name)) continue;
    const kind = `${call.name} ${call.file}`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), call]);
  }
  return [...kinds.values()];
}

/** Makes a folder for each lane, and the command in it. */
const lanesIn = (
  folder: string,
  makeCase: (lane: string) => Case | Promise<Case>,
): Promise<(Case & { lane: string })[]> =>
  Promise.all(
    Array.from({ length: LANES }, async (_, i) => {
      const lane = join(folder, `lane-${i}`);
      mkdirSync(lane, { recursive: true });
      chmodSync(lane, 0o711);
      return { lane, ...(await makeCase(lane)) };
    }),
  );

/**
 * Kills a command in place of each of its writing calls, then has each of those that need room fail.
 * @param command its row in the counts
 * @param folder where the runs get folders of their own
 * @param makeCase makes the command for such a folder
 * @throws {AggregateError} with all that a check has found
 */
export async function everyCall(
  command: Command,
  folder: string,
  makeCase: (lane: string) => Case | Promise<Case>,
  { ofARow = Infinity, failuresOfAKind = Infinity, shortForm = SHORT_FORM }: Taken = {},
): Promise<void> {
  const lanes = await lanesIn(folder, makeCase);
  const [first] = lanes;
  if (!first) throw new Error('there is no lane');
  first.prepare();
  const calls = await callsOf(first.program, first.lane, first.until);
  expect(calls.length, 'the command writes').toBeGreaterThan(3);
  const strikes = [
    ...thinned(rowsOf(calls), ofARow).map((call) => ({ call, how: 'kills' as const })),
    ...thinned(kindsOf(calls), failuresOfAKind).map((call) => ({ call, how: 'refusals' as const })),
  ];
  const counts = { kills: 0, refusals: 0 };
  await inLanes(
    lanes,
    sampled(strikes, shortForm),
    async ({ lane, program, prepare, check, until }, { call, how }) => {
      prepare();
      const { output, text } = await (how === 'kills' ? killedAt : failingAt)(program, call, lane, until);
      const what = `${command}, ${how === 'kills' ? 'killed at' : 'after a failure of'} ${text || call.text}`;
      if (how === 'refusals') expect(output, what).not.toMatch(/^\s+at .*\(/m);
      await check().catch((error: unknown) => {
        throw new Error(`${what}: ${String(error)}`, { cause: error });
      });
      // Only a call that writes in the folder counts.
      if (text.includes(lane)) counts[how] += 1;
    },
  );
  for (const [how, count] of Object.entries(counts)) expect(count, `${command}: ${how}`).toBeGreaterThan(0);
  recordCounts(command, { calls: calls.length, ...counts });
}

/**
 * Runs a command on what a power cut after any of its writes would leave.
 * @param command its row in the counts
 * @param folder where the runs get folders of their own
 * @param makeCase makes the command for such a folder
 * @param judge throws when something is lost; the short form calls it for every image too
 * @throws {AggregateError} with all that a check has found
 */
export async function everyImage(
  command: Command,
  folder: string,
  makeCase: (lane: string) => Case | Promise<Case>,
  judge: (image: CrashImage) => void = () => undefined,
): Promise<void> {
  const lanes = await lanesIn(folder, makeCase);
  const [first] = lanes;
  if (!first) throw new Error('there is no lane');
  first.prepare();
  const images = (await CrashImages.of(first.program, first.lane, first.until)).all();
  expect(images.length, 'the command writes').toBeGreaterThan(5);
  for (const image of images) judge(image);
  await inLanes(lanes, sampled(images, SHORT_FORM), async ({ lane, check }, image) => {
    restoreImage(image, lane);
    await check().catch((error: unknown) => {
      throw new Error(`${command}, a power cut after ${image.after}: ${String(error)}`, { cause: error });
    });
  });
  recordCounts(command, { images: images.length });
}
