import { describe, expect, it } from 'vitest';
import { Turns } from './turns.js';

/** Work that runs until it is told to end. */
function heldWork(): { begun: number; end: () => void; run: () => Promise<string> } {
  const ends: (() => void)[] = [];
  const held = {
    begun: 0,
    end: () => ends.shift()?.(),
    run: () =>
      new Promise<string>((done) => {
        held.begun++;
        ends.push(() => done('done'));
      }),
  };
  return held;
}

/** Lets all that can go on without outside help do so. */
const settle = (): Promise<void> => new Promise((done) => setImmediate(done));

describe('Turns', () => {
  it('runs as many at the same time as it may, and the next one when one ends', async () => {
    const turns = new Turns(2, 10, 10_000);
    const held = heldWork();

    const all = Promise.all([1, 2, 3].map(() => turns.run(held.run)));
    await settle();
    expect(held.begun).toBe(2);
    held.end();
    await settle();
    expect(held.begun).toBe(3);

    held.end();
    held.end();
    expect(await all).toEqual(['done', 'done', 'done']);
  });

  it('refuses at once when too many wait', async () => {
    const turns = new Turns(1, 1, 10_000);
    const held = heldWork();
    const served = [turns.run(held.run), turns.run(held.run)];

    await expect(turns.run(held.run)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });

    held.end();
    await settle();
    held.end();
    expect(await Promise.all(served)).toEqual(['done', 'done']);
  });

  it('does not begin what has waited too long, and serves whoever comes next', async () => {
    const turns = new Turns(1, 10, 0);
    const held = heldWork();
    const served = turns.run(held.run);
    const late = [1, 2].map(() => turns.run(held.run));

    await settle();
    held.end();

    for (const result of await Promise.allSettled(late))
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'SERVICE_UNAVAILABLE' } });
    expect(await served).toBe('done');
    expect(held.begun).toBe(1);
    expect(await turns.run(() => Promise.resolve('next'))).toBe('next');
  });

  it('gives a place back after work that failed', async () => {
    const turns = new Turns(1, 0, 10_000);

    await expect(turns.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');

    expect(await turns.run(() => Promise.resolve('served'))).toBe('served');
  });
});
