import { renameSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EdgeClient, Stack, temporaryFolder } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STEPS, type Step, type Way } from './erasure-steps.js';
import { unconfirmed, erasureTarget, type Users } from './erasure-targets.js';
import { seededRandom } from './faults.js';
import { waitFor } from './wait-for.js';

const LONG = process.env['TEST_LONG'] === '1';
const SEED = Number(process.env['FAULT_SEED'] ?? 20_262);
const ORDERS = LONG ? 3 : 1;

const orders = temporaryFolder();
let stack: Stack;
let users: Users;
/** The calls made around the kill, some of which are answered much later. */
const calls: Promise<unknown>[] = [];

beforeAll(async () => {
  const planted = pathToFileURL(join(import.meta.dirname, 'planted/doom.mjs')).href;
  stack = await Stack.start({ NODE_OPTIONS: `--import=${planted}`, KILL_DIR: orders.path });
  const [ann, bob, carol] = await Promise.all(
    ['ann', 'bob', 'carol'].map((name) => EdgeClient.signedUp(stack.url, `${name}-of-erasure`)),
  );
  if (!ann || !bob || !carol) throw new Error('nobody signed up');
  users = { ann, bob, carol };
});
afterAll(async () => {
  await Promise.all(calls);
  await stack.stop();
  orders.remove();
});

/** Orders the kill of a service right after the last action of a step. @returns whether it has been killed */
function orderKill({ service, actions }: Step): () => boolean {
  const file = join(orders.path, service);
  writeFileSync(`${file}.draft`, JSON.stringify(actions));
  renameSync(`${file}.draft`, file);
  return () => !existsSync(file);
}

function shuffled<T>(items: readonly T[], random: (below: number) => number): T[] {
  const rest = [...items];
  return items.flatMap(() => rest.splice(random(rest.length), 1));
}

const cases = Object.entries(STEPS).flatMap(([way, steps]) =>
  steps
    .filter(({ short }) => LONG || short)
    .flatMap((step, i) =>
      Array.from({ length: ORDERS }, (_, order) => {
        const seed = SEED + 100 * i + order;
        return [way as Way, step.service, step.name, seed, step] as const;
      }),
    ),
);

describe('an erasure that is interrupted by the SIGKILL of a service', () => {
  it.each(cases)(
    'of %s finishes by itself and is readable by nobody meanwhile, when %s is killed %s (order of seed %i)',
    async (way, _service, _moment, seed, step) => {
      // The first batch of a fresh process is short, so that there is a second one.
      if (step.messages !== undefined) {
        await stack.kill('gateway');
        await stack.restart('gateway');
      }
      const target = await erasureTarget(way, stack, users, step.messages);
      expect(target.scanner.found(stack.dataDir).size).toBeGreaterThan(0);
      const killed = stack.services[step.service];

      const isKilled = orderKill(step);
      for (const call of shuffled([target.erase, ...target.meanwhile], seededRandom(seed)))
        calls.push(call().catch(() => undefined));
      await waitFor(async () => {
        if (isKilled()) return true;
        await target.erase().catch(() => undefined);
        return isKilled();
      }, 'the service is killed');
      await killed.exited();
      const readableAtKill = target.isCommitted() ? await target.readable() : [];
      killed.start();
      const readableMeanwhile: string[] = [];
      if (target.isCommitted())
        await waitFor(async () => {
          readableMeanwhile.push(...(await target.readable()));
          return target.scanner.found(stack.dataDir).size === 0;
        }, 'the erasure finishes by itself');
      await stack.ready();
      await waitFor(target.erase, 'the repeated call is answered');
      const foundAtAnswer = way === 'a chat' ? target.scanner.found(stack.dataDir) : new Set();
      await waitFor(
        () => target.scanner.found(stack.dataDir).size === 0 && unconfirmed(stack) === 0,
        'nothing of it is left',
      );

      expect([readableAtKill, readableMeanwhile]).toEqual([[], []]);
      expect(foundAtAnswer).toEqual(new Set());
      expect(await target.problems()).toEqual([]);
    },
    300_000,
  );
});
