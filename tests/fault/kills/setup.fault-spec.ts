import { chmodSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fromSeed } from '@nats-io/nkeys';
import { SERVICES, temporaryFolder } from '@app/testing';
import { afterAll, expect, it } from 'vitest';
import { busCertificates } from '../../../tools/nats/certificates.mjs';
import { run } from './installation.js';
import type { Case } from './lanes.js';
import { everyCall, everyImage, whereTraced } from './matrix.js';
import type { Traced } from './traced.js';

const MINUTE = 60_000;

const folder = temporaryFolder();
afterAll(() => folder.remove());

/** Throws unless the bus server knows the services' keys, and its own key, certificate and authority fit. */
async function requireFitting(volumes: string): Promise<void> {
  const config = readFileSync(join(volumes, 'nats/nats.conf'), 'utf8');
  for (const name of SERVICES)
    expect(config).toContain(fromSeed(readFileSync(join(volumes, name, 'bus.nk'))).getPublicKey());
  const file = (name: string): string => join(volumes, 'nats', name);
  const before = readFileSync(file('server.pem'), 'utf8');
  const files = {
    authority: file('authority.pem'),
    certificate: file('server.pem'),
    key: file('server.key'),
  };
  await busCertificates(files, ['nats']);
  expect(readFileSync(file('server.pem'), 'utf8'), 'key, certificate and authority fit').toBe(before);
}

function renewal(lane: string): Case {
  const volumes = join(lane, 'volumes');
  const setup = (...args: string[]): Traced => ({
    args: ['tools/docker/setup.mjs', ...args],
    env: { VOLUMES: volumes },
  });
  return {
    program: setup('renew'),
    prepare: () => {
      rmSync(volumes, { recursive: true, force: true });
      for (const name of ['nats', ...SERVICES]) mkdirSync(join(volumes, name), { recursive: true });
    },
    check: async () => {
      await run(setup());
      await requireFitting(volumes);
    },
  };
}

whereTraced('the setup of the containers, interrupted anywhere', { timeout: 60 * MINUTE }, () => {
  // It gives its files to the user of the containers.
  const isRoot = process.getuid?.() === 0;

  it.skipIf(!isRoot)('is finished by a second run', async () => {
    chmodSync(folder.path, 0o711);
    await everyCall('container setup', folder.path, renewal);
  });

  it.skipIf(!isRoot)('is finished by a run after a power cut at any moment', async () => {
    await everyImage('container setup', folder.path, renewal);
  });
});
