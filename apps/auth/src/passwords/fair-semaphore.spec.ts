import { describe, expect, it } from 'vitest';
import { FairSemaphore } from './fair-semaphore.js';

/** Work that runs until it is ended. */
function heldWork(): { begun: string[]; end: () => void; run: (name?: string) => () => Promise<string> } {
  const ends: (() => void)[] = [];
  const begun: string[] = [];
  return {
    begun,
    end: () => ends.shift()?.(),
    run:
      (name = '') =>
      () =>
        new Promise<string>((done) => {
          begun.push(name);
          ends.push(() => done('done'));
        }),
  };
}

/** Lets all that can go on without outside help do so. */
const settle = (): Promise<void> => new Promise((done) => setImmediate(done));

describe('FairSemaphore', () => {
  it('runs as many at once as its limit allows, and the next one when one ends', async () => {
    const semaphore = new FairSemaphore(2, 10, 10_000);
    const held = heldWork();

    const all = Promise.all([1, 2, 3].map(() => semaphore.run('a', held.run())));
    await settle();
    expect(held.begun).toHaveLength(2);
    held.end();
    await settle();
    expect(held.begun).toHaveLength(3);

    held.end();
    held.end();
    expect(await all).toEqual(['done', 'done', 'done']);
  });

  it('is fair between keys: one piece of work does not wait for another key’s hundred', async () => {
    const semaphore = new FairSemaphore(1, 200, 10_000);
    const held = heldWork();
    for (let i = 0; i < 100; i++) void semaphore.run('greedy', held.run('greedy'));
    for (const key of ['ann', 'bob']) void semaphore.run(key, held.run(key));

    for (let i = 0; i < 4; i++) {
      await settle();
      held.end();
    }
    await settle();

    expect(held.begun).toEqual(['greedy', 'greedy', 'ann', 'bob', 'greedy']);
  });

  it('when too many wait, rejects the latest of the key with the most', async () => {
    const semaphore = new FairSemaphore(1, 10, 10_000);
    const held = heldWork();
    const greedy = Array.from({ length: 30 }, () => semaphore.run('greedy', held.run('greedy')));
    const modest = semaphore.run('modest', held.run('modest'));
    const results = Promise.allSettled(greedy);

    for (let i = 0; i < 12; i++) {
      await settle();
      held.end();
    }

    expect(await modest).toBe('done');
    const refused = (await results).filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(20);
    expect(refused[0]).toMatchObject({ reason: { code: 'SERVICE_UNAVAILABLE' } });
    expect(semaphore.length).toBe(0);
  });

  it('does not begin what has waited too long, and runs the next', async () => {
    const semaphore = new FairSemaphore(1, 10, 0);
    const held = heldWork();
    const served = semaphore.run('a', held.run());
    const late = Promise.allSettled([1, 2].map(() => semaphore.run('a', held.run())));

    await settle();
    held.end();

    for (const result of await late)
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'SERVICE_UNAVAILABLE' } });
    expect(await served).toBe('done');
    expect(held.begun).toHaveLength(1);
    expect(await semaphore.run('a', () => Promise.resolve('next'))).toBe('next');
  });

  it('frees its place after work that failed', async () => {
    const semaphore = new FairSemaphore(1, 0, 10_000);

    await expect(semaphore.run('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');

    expect(await semaphore.run('a', () => Promise.resolve('served'))).toBe('served');
  });
});
