import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long one batch of a long work may block the event loop, in milliseconds. */
export const BATCH_MS = 25;

/** Resolves when the latest batch has ended and the event loop has run others. */
let lane: Promise<void> = Promise.resolve();

/**
 * Calls `work` for each item, in batches of 25 ms between which it yields to the event loop. Only one batch of the process
 * runs between two yields: however many long works there are, others wait for one batch at most. Must not be called within
 * `work`.
 * @param items may change meanwhile as far as their iterator allows; a lazy one is read batch by batch
 * @param work must not await; what it throws ends the work
 */
export async function inBatches<T>(items: Iterable<T>, work: (item: T) => void): Promise<void> {
  const iterator = items[Symbol.iterator]();
  let ended = false;
  while (!ended)
    ended = await inLane(() => {
      const until = performance.now() + BATCH_MS;
      do {
        const next = iterator.next();
        if (next.done) return true;
        work(next.value);
      } while (performance.now() < until);
      return false;
    });
}

/**
 * Yields to the event loop: input that has arrived meanwhile is handled first. Awaiting a resolved promise does not yield:
 * microtasks run before any input is read.
 */
export async function yieldToEventLoop(): Promise<void> {
  await nextTurn();
}

async function inLane<T>(batch: () => T): Promise<T> {
  const before = lane;
  let release: () => void = () => undefined;
  lane = new Promise((done) => (release = done));
  await before;
  try {
    return batch();
  } finally {
    setImmediate(release);
  }
}
