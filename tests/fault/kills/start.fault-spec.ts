import { rmSync } from 'node:fs';
import { join } from 'node:path';
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
import { requireWhole } from '../../../tools/restore/erase-again.mjs';
import { mainRows } from './main-rows.js';
import { replaceFolder, unpackedInstallation } from './installation.js';
import type { Case } from './lanes.js';
import { everyCall, everyImage, type Taken, whereTraced } from './matrix.js';

const MINUTE = 60_000;
const inLongForm = process.env['TEST_LONG'] === '1' ? describe : (): void => undefined;

/** SQLite writes page after page, and each run costs two starts. */
const TAKEN: Taken = { killsOfAKind: 3, failuresOfAKind: 1, shortForm: 3 };

let folder: ReturnType<typeof unpackedInstallation>;
/** An installation whose services were killed at work. */
let killed: string;
/** What its main tables hold, by service. */
let killedRows: Readonly<Record<string, ReturnType<typeof mainRows>>>;
const servers: NatsServerUnderTest[] = [];

beforeAll(() => {
  folder = unpackedInstallation();
  killed = join(folder.path, 'killed');
  const copy = join(folder.path, 'copy');
  replaceFolder(copy, killed);
  killedRows = Object.fromEntries(SERVICES.map((service) => [service, mainRows(copy, service)]));
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});
afterAll(() => folder.remove());

/** Returns once a service answers on the bus. */
async function answers(nats: NatsServerUnderTest, service: ServiceName): Promise<void> {
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

/** The start of a service with a bus of its own, on nothing or on an installation. */
async function start(service: ServiceName, lane: string, on?: string): Promise<Case> {
  const nats = await NatsServerUnderTest.start();
  servers.push(nats);
  const data = join(lane, 'data');
  const env = { DATA_DIR: data, NATS_URL: nats.url, PORT: String(await freePort()), HOST: '127.0.0.1' };
  const rows = on === undefined ? {} : (killedRows[service] ?? {});
  return {
    program: { args: [`dist/apps/${service}/apps/${service}/src/main.js`], env },
    prepare: () => {
      if (on === undefined) rmSync(data, { recursive: true, force: true });
      else replaceFolder(data, on);
    },
    // A service that has come up waits for ever.
    until: (output) => output.includes('"started"'),
    check: async () => {
      const again = new ServiceProcess(service, env);
      again.start();
      try {
        await eventually(() => again.started || !again.running, `${service} starts`, 3 * MINUTE);
        expect(again.started, `it printed ${again.log}`).toBe(true);
        if (service !== 'gateway') await answers(nats, service);
      } finally {
        await again.end('SIGKILL');
      }
      requireWhole(join(data, `${service}.db`));
      expect(mainRows(data, service)).toMatchObject(rows);
    },
  };
}

whereTraced('the start of a service, interrupted anywhere', { timeout: 180 * MINUTE }, () => {
  it.each(SERVICES)('%s comes up after a first start that was interrupted', async (service) => {
    await everyCall(`${service}, first start`, folder.path, (lane) => start(service, lane), TAKEN);
  });

  inLongForm('and again', () => {
    it.each(SERVICES)('%s comes up after a power cut during its first start', async (service) => {
      await everyImage(`${service}, first start`, folder.path, (lane) => start(service, lane));
    });

    it.each(SERVICES)('%s loses nothing by a start after a kill that was interrupted', async (service) => {
      await everyCall(
        `${service}, start after a kill`,
        folder.path,
        (lane) => start(service, lane, killed),
        TAKEN,
      );
    });

    it.each(SERVICES)('%s loses nothing by a power cut during its start after a kill', async (service) => {
      await everyImage(`${service}, start after a kill`, folder.path, (lane) => start(service, lane, killed));
    });
  });
});
