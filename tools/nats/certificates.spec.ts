import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { NatsServerUnderTest, temporaryFolder } from '@app/testing';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectionOptions } from '../../libs/platform/src/bus/bus-options.js';
import { busCertificates } from './certificates.mjs';
import { publicKeyOf } from './installation.mjs';
import { serverConfig, USERS, type User } from './permissions.mjs';

let folder: ReturnType<typeof temporaryFolder>;
let server: NatsServerUnderTest;
const at = (name: string): string => join(folder.path, name);
const filesIn = (kind: string): { authority: string; certificate: string; key: string } => ({
  authority: at(`${kind}-authority.pem`),
  certificate: at(`${kind}-server.pem`),
  key: at(`${kind}-server.key`),
});
const read = (file: string): string => readFileSync(file, 'utf8');

beforeAll(async () => {
  folder = temporaryFolder();
  const tls = filesIn('bus');
  await busCertificates(tls, ['nats', 'localhost']);
  const publicKeys = {} as Record<User, string>;
  for (const name of USERS) publicKeys[name] = await publicKeyOf(at(`${name}.nk`));
  writeFileSync(at('nats.conf'), serverConfig({ host: '127.0.0.1', port: 0, publicKeys, tls }));
  server = await NatsServerUnderTest.start(['-c', at('nats.conf')]);
}, 60_000);
afterAll(async () => {
  await server.kill();
  folder.remove();
});

/** Connects as the service auth does, once. */
async function asAuth(url: string, authority?: string): Promise<NatsConnection> {
  const credentials = readFileSync(at('auth.nk'));
  const login = { servers: [url], credentials, ...(authority !== undefined && { authority }) };
  return connect({ ...connectionOptions('auth', login), waitOnFirstConnect: false, maxReconnectAttempts: 0 });
}

test('a service that knows the authority talks to the bus under TLS', async () => {
  const bus = await asAuth(server.url, read(filesIn('bus').authority));

  await bus.flush();
  expect(bus.info?.tls_required).toBe(true);
  await bus.close();
});

test('a client that speaks no TLS is refused before it is let in, whatever key it has', async () => {
  const socket = createConnection({ host: '127.0.0.1', port: server.port });
  let heard = '';
  socket.on('data', (chunk) => (heard += chunk.toString())).on('error', () => undefined);
  await once(socket, 'data');

  socket.write('CONNECT {"verbose":true,"pedantic":false}\r\nPING\r\n');
  await once(socket, 'close');

  expect(heard).not.toContain('PONG');
  expect(heard).not.toContain('+OK');
});

test('a service says nothing to a server of another authority, nor to one without TLS', async () => {
  await busCertificates(filesIn('other'), ['localhost']);
  const plain = await NatsServerUnderTest.start();

  await expect(asAuth(server.url, read(filesIn('other').authority))).rejects.toThrow();
  await expect(asAuth(server.url)).rejects.toThrow();
  await expect(asAuth(plain.url, read(filesIn('bus').authority))).rejects.toThrow(/tls/);
  await plain.kill();
}, 60_000);

test('they are kept until they are renewed, and made anew when they do not belong together', async () => {
  const files = filesIn('kept');
  const all = (): string[] => Object.values(files).map(read);
  await busCertificates(files, ['nats']);
  const first = all();
  for (const file of Object.values(files)) expect(statSync(file).mode & 0o777).toBe(0o600);

  await busCertificates(files, ['nats']);
  expect(all()).toEqual(first);

  await busCertificates(files, ['nats'], { renew: true });
  const second = all();
  expect(second.filter((text) => first.includes(text))).toEqual([]);

  writeFileSync(files.authority, first[0] ?? '');
  await busCertificates(files, ['nats']);
  expect(all().filter((text) => first.includes(text) || second.includes(text))).toEqual([]);
}, 60_000);
