import { chmodSync, mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Traced, Until } from './traced.js';

/** How many runs of a command go on at once, each in a folder of its own. */
const LANES = Math.min(Math.max(availableParallelism(), 2), 8);

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

/** Makes a folder for each lane, and the command in it. */
export const lanesIn = (
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

/** Does work on every item, one per lane at a time; all are done before the first failure is thrown. */
export async function inLanes<Lane, Item>(
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
