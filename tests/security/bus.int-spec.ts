import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { EVENTS, SUBJECTS } from '@app/contracts/bus';
import { NatsServerUnderTest } from '@app/testing';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { natsInstallation } from '../../tools/nats/installation.mjs';
import { PERMISSIONS, USERS } from '../../tools/nats/permissions.mjs';
import { connectAs, covers, maySubscribe, mayPublish, SecuredBus } from './bus-trials.js';

const ROOT = resolve(import.meta.dirname, '../..');

/** All subjects of the contract, inboxes, the server's own subjects, and subjects that do not exist. */
const TRIED_SUBJECTS = [
  ...Object.keys(SUBJECTS),
  ...Object.keys(EVENTS),
  ...USERS.flatMap((name) => [
    `_INBOX_${name}.x`,
    `_INBOX_${name}.x.y`,
    ...['auth', 'chat', 'operator', 'health', 'event'].map((family) => `_INBOX_${name}.${family}.x`),
  ]),
  '_INBOX.x',
  '_INBOX.x.y',
  '$SYS.REQ.SERVER.PING',
  '$SYS.REQ.USER.INFO',
  '$SYS.ACCOUNT.APP.CONNECT',
  '$JS.API.INFO',
  '$KV.x.y',
  'auth',
  'chat',
  'operator',
  'event.made.up',
  'anything.else',
];
const WILDCARDS = [
  '>',
  '*',
  '*.>',
  'auth.>',
  'chat.>',
  'operator.>',
  'health.>',
  '_INBOX_gateway.*',
  '_INBOX_gateway.*.>',
  'event.>',
  'event.*',
  '_INBOX.>',
  '$SYS.>',
  '$JS.>',
];

let bus: SecuredBus;

beforeAll(async () => {
  bus = await SecuredBus.start();
});
afterAll(() => bus.stop());

describe.each(USERS)('the NATS user of %s', (name) => {
  it.each(TRIED_SUBJECTS)('may subscribe and publish to %s only by its permissions', async (subject) => {
    const user = bus.as(name);

    expect({
      subscribe: await maySubscribe(user, subject),
      publish: await mayPublish(user, subject),
    }).toEqual({
      subscribe: covers(PERMISSIONS[name].subscribe, subject),
      publish: covers(PERMISSIONS[name].publish, subject),
    });
  });

  it.each([...WILDCARDS, ...USERS.map((other) => `_INBOX_${other}.>`)])(
    'may subscribe to %s only by its permissions',
    async (pattern) => {
      expect(await maySubscribe(bus.as(name), pattern)).toBe(covers(PERMISSIONS[name].subscribe, pattern));
    },
  );

  it('can neither read nor forge replies to other users', async () => {
    for (const other of USERS.filter((user) => user !== name)) {
      expect(await maySubscribe(bus.as(name), `_INBOX_${other}.>`)).toBe(false);
      expect(await mayPublish(bus.as(name), `_INBOX_${other}.made-up`)).toBe(false);
    }
  });
});

describe('the server of an installation', () => {
  it('refuses connections without one of its keys', async () => {
    const stranger = { servers: bus.nats.url, reconnect: false };
    await expect(connect(stranger)).rejects.toThrow(/authorization|authentication/i);
    await expect(connect({ ...stranger, user: 'auth', pass: 'auth' })).rejects.toThrow();
    await expect(connect({ ...stranger, user: 'sys', pass: 'sys' })).rejects.toThrow();
  });

  it('keeps its users in an account of their own, and none in the system account', () => {
    const config = readFileSync(join(bus.folder, 'nats.conf'), 'utf8');

    expect(config).toMatch(/^system_account: SYS$/m);
    expect(config).toMatch(/^ {2}SYS \{ users: \[\] \}$/m);
    expect([...config.matchAll(/nkey: (U[A-Z2-7]{55})/g)]).toHaveLength(USERS.length);
    expect(config).not.toMatch(/jetstream|^http:/m);
  });

  it('has a configuration without secrets', () => {
    const config = readFileSync(join(bus.folder, 'nats.conf'), 'utf8');
    const seeds = USERS.map((name) => readFileSync(bus.seeds[name], 'utf8'));

    expect(config).not.toMatch(/\bSU[A-Z2-7]{56}\b|pass/);
    for (const seed of seeds) expect(config).not.toContain(seed);
  });
});

describe('the keys of an installation', () => {
  it('are refused after npm run nats:rotate', async () => {
    const data = join(bus.folder, 'rotated');
    const rotate = async (): Promise<void> => {
      const run = spawn(process.execPath, ['tools/secure-chat.mjs', 'nats-rotate'], {
        cwd: ROOT,
        env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', DATA_DIR: data },
        stdio: 'ignore',
      });
      const [code] = (await once(run, 'exit')) as [number];
      expect(code).toBe(0);
    };
    await natsInstallation(join(data, 'nats'), { host: '127.0.0.1', port: 4222 });
    const file = join(data, 'nats', 'chat.nk');
    const before = readFileSync(file);
    await rotate();
    const after = readFileSync(file);

    expect(after.equals(before)).toBe(false);
    // The configuration contains the new keys only.
    const server = await NatsServerUnderTest.start(['-c', join(data, 'nats', 'nats.conf')]);
    try {
      await expect(connectAs(server.url, before, '_INBOX_chat')).rejects.toThrow();
      await (await connectAs(server.url, after, '_INBOX_chat')).close();
    } finally {
      await server.stop();
    }
  });
});
