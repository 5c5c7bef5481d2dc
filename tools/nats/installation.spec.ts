import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { NatsServerUnderTest, temporaryFolder } from '@app/testing';
import { connect, nkeyAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { natsInstallation } from './installation.mjs';
import { USERS, type User } from './permissions.mjs';

let folder: ReturnType<typeof temporaryFolder>;
let server: NatsServerUnderTest;
let seeds: Record<User, string>;
const connections: NatsConnection[] = [];

const path = (): string => join(folder.path, 'nats');
const install = (renew = false): ReturnType<typeof natsInstallation> =>
  natsInstallation(path(), { host: '127.0.0.1', port: 1 }, { renew });

beforeEach(async () => {
  folder = temporaryFolder();
  const installation = await install();
  seeds = installation.seeds;
  server = await NatsServerUnderTest.start(['-c', installation.config]);
});

afterEach(async () => {
  for (const connection of connections.splice(0)) await connection.close();
  await server.kill();
  folder.remove();
});

async function asService(service: User, seed = readFileSync(seeds[service])): Promise<NatsConnection> {
  const connection = await connect({
    servers: server.url,
    authenticator: nkeyAuthenticator(new Uint8Array(seed)),
    inboxPrefix: `_INBOX_${service}`,
    reconnect: false,
  });
  connections.push(connection);
  return connection;
}

test('the folder is for its owner alone, and the configuration holds no seed', () => {
  expect(statSync(path()).mode & 0o777).toBe(0o700);
  for (const file of readdirSync(path())) expect(statSync(join(path(), file)).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(path(), 'nats.conf'), 'utf8')).not.toMatch(/SU[A-Z2-7]{56}/);
});

test('a second start keeps the users, a renewal replaces them', async () => {
  const before = USERS.map((name) => readFileSync(seeds[name], 'utf8'));

  await install();
  expect(USERS.map((name) => readFileSync(seeds[name], 'utf8'))).toEqual(before);

  await install(true);
  const after = USERS.map((name) => readFileSync(seeds[name], 'utf8'));
  expect(after.filter((seed) => before.includes(seed))).toEqual([]);
});

test('nobody is let in without a seed of this installation', async () => {
  await expect(connect({ servers: server.url, reconnect: false })).rejects.toThrow(/Authorization/);

  const renewed = await natsInstallation(join(folder.path, 'another'), { host: '127.0.0.1', port: 1 });
  await expect(asService('auth', readFileSync(renewed.seeds.auth))).rejects.toThrow(/Authorization/);
});
