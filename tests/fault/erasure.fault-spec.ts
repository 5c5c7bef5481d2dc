import { renameSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EdgeClient, Stack, temporaryFolder } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STEPS, type Step, type Way } from './erasure-steps.js';
import { unconfirmed, victimOf, type People } from './erasure-victims.js';
import { randomOf } from './nemesis.js';
import { patiently } from './patience.js';

const LONG = process.env['TEST_LONG'] === '1';
const SEED = Number(process.env['FAULT_SEED'] ?? 20_262);
const ORDERS = LONG ? 3 : 1;

const dooms = temporaryFolder();
let stack: Stack;
let people: People;
/** What was asked while a service died: some of it is answered long after. */
const asked: Promise<unknown>[] = [];

beforeAll(async () => {
  const planted = pathToFileURL(join(import.meta.dirname, 'planted/doom.mjs')).href;
  stack = await Stack.start({ NODE_OPTIONS: `--import=${planted}`, DOOM_DIR: dooms.path });
  const [ann, bob, carol] = await Promise.all(
    ['ann', 'bob', 'carol'].map((name) => EdgeClient.signedUp(stack.url, `${name}-of-erasure`)),
  );
  if (!ann || !bob || !carol) throw new Error('nobody signed up');
  people = { ann, bob, carol };
});
afterAll(async () => {
  await Promise.all(asked);
  await stack.stop();
  dooms.remove();
});

/** Has a service die right after the last of these deeds. */
function doom({ service, deeds }: Step): () => boolean {
  const file = join(dooms.path, service);
  writeFileSync(`${file}.draft`, JSON.stringify(deeds));
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

describe('an erasure that the death of a service interrupts', () => {
  it.each(cases)(
    'of %s is finished by itself and opened by nobody meanwhile, when %s dies %s, in the order of seed %i',
    async (way, _service, _moment, seed, step) => {
      // The first turn of a wipe is the shorter the younger the process is.
      if (step.messages !== undefined) {
        await stack.kill('gateway');
        await stack.restart('gateway');
      }
      const victim = await victimOf(way, stack, people, step.messages);
      expect(victim.scanner.found(stack.dataDir).size).toBeGreaterThan(0);
      const dying = stack.services[step.service];

      const met = doom(step);
      for (const ask of shuffled([victim.erase, ...victim.meanwhile], randomOf(seed)))
        asked.push(ask().catch(() => undefined));
      await patiently(async () => {
        if (met()) return true;
        await victim.erase().catch(() => undefined);
        return met();
      }, 'the service dies');
      await dying.exited();
      const openedAtDeath = victim.decided() ? await victim.opened() : [];
      dying.start();
      const openedMeanwhile: string[] = [];
      if (victim.decided())
        await patiently(async () => {
          openedMeanwhile.push(...(await victim.opened()));
          return victim.scanner.found(stack.dataDir).size === 0;
        }, 'it is finished by itself');
      await stack.ready();
      await patiently(victim.erase, 'to ask again is answered');
      const leftAtAnswer = way === 'a chat' ? victim.scanner.found(stack.dataDir) : new Set();
      await patiently(
        () => victim.scanner.found(stack.dataDir).size === 0 && unconfirmed(stack) === 0,
        'nothing is left of it',
      );

      expect([openedAtDeath, openedMeanwhile]).toEqual([[], []]);
      expect(leftAtAnswer).toEqual(new Set());
      expect(await victim.wrongs()).toEqual([]);
    },
    300_000,
  );
});
