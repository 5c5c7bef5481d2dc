import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long one batch of a long work may hold the event loop, in milliseconds: so long everybody else waits for it. */
export const BATCH_MS = 25;

/** Resolves when the batch before the next one has ended and others have run after it. */
let lane: Promise<void> = Promise.resolve();

/**
 * Calls `work` for each item, in batches of 25 ms between which the event loop goes round. All works of the process
 * share one lane: however many run at once, others wait for one batch at most. Must not be called within `work`.
 * @param items may change meanwhile as far as their iterator allows; a lazy one is read batch by batch
 * @param work must not await; what it throws ends the walk
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
 * Yields to the event loop: what others have sent meanwhile is read and answered first. A resolved promise does not do
 * that: microtasks run before anything else is read.
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
