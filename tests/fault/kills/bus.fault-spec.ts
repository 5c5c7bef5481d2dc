import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromSeed } from '@nats-io/nkeys';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { USERS } from '../../../tools/nats/permissions.mjs';
import { replaceFolder, run, unpackedInstallation } from './installation.js';
import type { Case } from './lanes.js';
import { everyCall, everyImage, whereTraced } from './matrix.js';
import type { Traced } from './traced.js';

const MINUTE = 60_000;
/** The users whose keys the installation has had; the others are made by any run. */
const HAD = ['auth', 'chat', 'gateway', 'operator'];

let folder: ReturnType<typeof unpackedInstallation>;
let template: string;

beforeAll(() => {
  folder = unpackedInstallation();
  template = join(folder.path, 'stopped');
});
afterAll(() => folder.remove());

const rotation = (data: string): Traced => ({
  args: ['tools/secure-chat.mjs', 'nats-rotate'],
  env: { DATA_DIR: data },
});

/** Throws unless every seed is whole, and another run makes all of it fit together. */
async function requireWhole(data: string): Promise<void> {
  const seed = (name: string): Uint8Array => readFileSync(join(data, 'nats', `${name}.nk`));
  for (const name of HAD) fromSeed(seed(name));
  await run(rotation(data));
  const config = readFileSync(join(data, 'nats/nats.conf'), 'utf8');
  for (const name of USERS) expect(config).toContain(fromSeed(seed(name)).getPublicKey());
  expect(readdirSync(join(data, 'nats')).toSorted()).toEqual(
    [...USERS.map((name) => `${name}.nk`), 'nats.conf'].toSorted(),
  );
}

function rotating(lane: string): Case {
  const data = join(lane, 'data');
  return {
    program: rotation(data),
    prepare: () => replaceFolder(data, template),
    check: () => requireWhole(data),
  };
}

whereTraced('npm run nats:rotate, interrupted anywhere', { timeout: 60 * MINUTE }, () => {
  it('leaves whole keys, and a second run finishes it', async () => {
    await everyCall('nats:rotate', folder.path, rotating);
  });

  it('leaves whole keys after a power cut at any moment', async () => {
    await everyImage('nats:rotate', folder.path, rotating, ({ files }) => {
      for (const name of HAD) fromSeed(files.get(`data/nats/${name}.nk`) ?? Buffer.alloc(0));
    });
  });
});
