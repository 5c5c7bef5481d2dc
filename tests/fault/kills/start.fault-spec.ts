import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fromSeed } from '@nats-io/nkeys';
import {
  bareRequest,
  eventually,
  freePort,
  NatsServerUnderTest,
  ServiceProcess,
  SERVICES,
  type ServiceName,
} from '@app/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { busCertificates } from '../../../tools/nats/certificates.mjs';
import { requireWhole } from '../../../tools/restore/erase-again.mjs';
import { type Case, everyCall, replaceFolder, run, unpackedInstallation, whereTraced } from './matrix.js';
import type { Traced } from './traced.js';

const MINUTE = 60_000;
const inLongForm = process.env['TEST_LONG'] === '1' ? describe : (): void => undefined;

/** How many of a row of writes to one file a service is killed at: SQLite writes page by page, and each costs two starts. */
const OF_A_ROW = 4;

let folder: ReturnType<typeof unpackedInstallation>;

beforeAll(() => {
  folder = unpackedInstallation();
});
afterAll(() => folder.remove());

whereTraced('the setup of the containers, interrupted anywhere', { timeout: 60 * MINUTE }, () => {
  // It gives the files to the user of the containers.
  it.skipIf(process.getuid?.() !== 0)('is finished by a second run', async () => {
    await everyCall('container setup', folder.path, (lane) => {
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
    });
  });
});

/** Throws unless the bus server knows the services' keys, and its own key, certificate and authority fit. */
async function requireFitting(volumes: string): Promise<void> {
  const config = readFileSync(join(volumes, 'nats/nats.conf'), 'utf8');
  for (const name of SERVICES)
    expect(config).toContain(fromSeed(readFileSync(join(volumes, name, 'bus.nk'))).getPublicKey());
  const [authority, certificate, key] = ['authority.pem', 'server.pem', 'server.key'].map((name) =>
    join(volumes, 'nats', name),
  ) as [string, string, string];
  const before = readFileSync(certificate, 'utf8');
  await busCertificates({ authority, certificate, key }, ['nats']);
  expect(readFileSync(certificate, 'utf8'), 'key, certificate and authority fit').toBe(before);
}

whereTraced('the start of a service, interrupted anywhere', { timeout: 180 * MINUTE }, () => {
  const servers: NatsServerUnderTest[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.stop();
  });

  /** A start with a bus of its own. */
  async function start(service: ServiceName, lane: string, prepare: (data: string) => void): Promise<Case> {
    const nats = await NatsServerUnderTest.start();
    servers.push(nats);
    const data = join(lane, 'data');
    const env = {
      DATA_DIR: data,
      NATS_URL: nats.url,
      PORT: String(await freePort()),
      HOST: '127.0.0.1',
    };
    return {
      program: { args: [`dist/apps/${service}/apps/${service}/src/main.js`], env },
      prepare: () => prepare(data),
      // A service that has come up waits for ever.
      until: (output) => output.includes('"started"'),
      check: async () => {
        const started = new ServiceProcess(service, env);
        started.start();
        try {
          await eventually(() => started.started || !started.running, `${service} starts`, 3 * MINUTE);
          expect(started.started, `it printed ${started.log}`).toBe(true);
          if (service !== 'gateway') await requireAnswer(nats, service);
        } finally {
          await started.end('SIGKILL');
        }
        requireWhole(join(data, `${service}.db`));
      },
    };
  }

  async function requireAnswer(nats: NatsServerUnderTest, service: ServiceName): Promise<void> {
    const bus = await nats.connect();
    try {
      await eventually(
        async () => (await bareRequest(bus, `${service}.health`, {})).data !== undefined,
        `${service} answers`,
      );
    } finally {
      await bus.close();
    }
  }

  it.each(SERVICES)('%s comes up after a first start that was interrupted', async (service) => {
    await everyCall(
      `${service}, first start`,
      folder.path,
      (lane) => start(service, lane, (data) => rmSync(data, { recursive: true, force: true })),
      { ofARow: OF_A_ROW, shortForm: 3 },
    );
  });

  inLongForm('on an installation that was killed', () => {
    it.each(SERVICES)('%s comes up after a start that was interrupted', async (service) => {
      await everyCall(
        `${service}, start after a kill`,
        folder.path,
        (lane) => start(service, lane, (data) => replaceFolder(data, join(folder.path, 'killed'))),
        { ofARow: OF_A_ROW, shortForm: 3 },
      );
    });
  });
});
