import { describe, expect, it } from 'vitest';
import { type Command, recordCounts } from './counts.js';
import { type Case, inLanes, lanesIn } from './lanes.js';
import { CrashImages, restoreImage } from './power-cut/crash-images.js';
import type { CrashImage } from './power-cut/disk.js';
import { needsRoom, ofEachKind, sampled } from './selection.js';
import { callsOf, failingAt, hasStrace, killedAt } from './traced.js';

/** How many runs of a command the short form makes, unless told. */
const SHORT_FORM = 4;

/** Which of the calls of a command are taken, all unless told. */
export interface Taken {
  /** At how many calls of one kind on one file it is killed. */
  readonly killsOfAKind?: number;
  /** How many calls of one kind on one file fail. */
  readonly failuresOfAKind?: number;
  /** How many runs the short form makes. */
  readonly shortForm?: number;
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
  { killsOfAKind = Infinity, failuresOfAKind = Infinity, shortForm = SHORT_FORM }: Taken = {},
): Promise<void> {
  const lanes = await lanesIn(folder, makeCase);
  const [first] = lanes;
  if (!first) throw new Error('there is no lane');
  first.prepare();
  const calls = await callsOf(first.program, first.lane, first.until);
  expect(calls.length, 'the command writes').toBeGreaterThan(3);
  const strikes = [
    ...ofEachKind(calls, killsOfAKind).map((call) => ({ call, how: 'kills' as const })),
    ...ofEachKind(calls.filter(needsRoom), failuresOfAKind).map((call) => ({
      call,
      how: 'refusals' as const,
    })),
  ];
  const counts = { kills: 0, refusals: 0 };
  await inLanes(
    lanes,
    sampled(strikes, shortForm),
    async ({ lane, program, prepare, check, until }, { call, how }) => {
      prepare();
      const { output, text, isLate } = await (how === 'kills' ? killedAt : failingAt)(
        program,
        call,
        lane,
        until,
      );
      const what = `${command}, ${how === 'kills' ? 'killed at' : 'after a failure of'} ${text || call.text}`;
      // Another run may wake its threads more often: then a call was struck that does not write in the folder.
      const isHit = text.includes(lane);
      if (!isHit && how === 'refusals') return;
      expect(isLate, `${what}: it did not end and printed ${output}`).toBe(false);
      expect(output, what).not.toMatch(/^\s+at .*\(/m);
      await check().catch((error: unknown) => {
        throw new Error(`${what}: ${String(error)}`, { cause: error });
      });
      if (isHit) counts[how] += 1;
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
  expect(images.length, 'the command syncs').toBeGreaterThan(1);
  for (const image of images) judge(image);
  await inLanes(lanes, sampled(images, SHORT_FORM), async ({ lane, check }, image) => {
    restoreImage(image, lane);
    await check().catch((error: unknown) => {
      throw new Error(`${command}, a power cut after ${image.after}: ${String(error)}`, { cause: error });
    });
  });
  recordCounts(command, { images: images.length });
}
