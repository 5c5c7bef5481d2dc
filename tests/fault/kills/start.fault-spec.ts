import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { readSettings } from '@app/platform';
import { freePort, NatsServerUnderTest, SERVICES, type ServiceName } from '@app/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { authSettings } from '../../../apps/auth/src/config.js';
import { startAuth } from '../../../apps/auth/src/start.js';
import { chatSettings } from '../../../apps/chat/src/config.js';
import { startChat } from '../../../apps/chat/src/start.js';
import { GATEWAY_SETTINGS, withDefaultOrigin } from '../../../apps/gateway/src/settings/config.js';
import { startGateway } from '../../../apps/gateway/src/start.js';
import { requireWhole } from '../../../tools/cli/restore/erase-again.js';
import { mainRows } from './main-rows.js';
import { replaceFolder, unpackedInstallation } from './installation.js';
import type { Case } from './lanes.js';
import { everyCall, everyImage, type Taken, whereTraced } from './matrix.js';

const MINUTE = 60_000;
const inLongForm = process.env['TEST_LONG'] === '1' ? describe : (): void => undefined;

/** SQLite writes page after page, and each run costs two starts. */
const TAKEN: Taken = { killsOfAKind: 3, failuresOfAKind: 1, shortForm: 3 };

interface Closable {
  close(): Promise<void>;
}

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

/** Starts a service in this process, which has its modules already; it answers when this resolves. */
const START: Readonly<Record<ServiceName, (env: Record<string, string>) => Promise<{ app: Closable }>>> = {
  auth: (env) => startAuth(authSettings(env)),
  chat: (env) => startChat(chatSettings(env)),
  gateway: (env) => startGateway(withDefaultOrigin(readSettings(GATEWAY_SETTINGS, env))),
};

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
      const { app } = await START[service]({ ...env, LOG_LEVEL: 'silent' });
      await app.close();
      requireWhole(join(data, `${service}.db`));
      expect(mainRows(data, service)).toMatchObject(rows);
    },
  };
}

whereTraced('the start of a service, interrupted anywhere', { timeout: 180 * MINUTE }, () => {
  it.each(SERVICES)('%s comes up after a first start that was interrupted', async (service) => {
    await everyCall(`${service}, first start`, folder.path, (lane) => start(service, lane), TAKEN);
  });

  inLongForm('in the long form', () => {
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
