import { readFileSync } from 'node:fs';
import { NatsServerUnderTest, temporaryFolder } from '@app/testing';
import { connect, nkeyAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { natsInstallation } from './installation.mjs';
import { PERMISSIONS, SERVICES } from './permissions.mjs';

type Service = (typeof SERVICES)[number];

const SUBJECTS = [
  'auth.login',
  'auth.password.change',
  'chat.access',
  'chat.delete',
  'event.user.deleted',
  'event.session.ended',
  'event.chat.deleted',
  'event.chat.member.joined',
  '_INBOX_auth.x',
  '_INBOX_chat.x',
  '_INBOX_gateway.x',
  '_INBOX.x',
  '$SYS.REQ.SERVER.PING',
  '$JS.API.INFO',
  'anything.else',
];

let nats: NatsServerUnderTest;
let folder: ReturnType<typeof temporaryFolder>;
const buses = new Map<Service, NatsConnection>();

beforeAll(async () => {
  folder = temporaryFolder();
  const { config, seeds } = await natsInstallation(folder.path, { host: '127.0.0.1', port: 0 });
  // The port on the command line is a free one, chosen by the test's server.
  nats = await NatsServerUnderTest.start(['-c', config]);
  for (const name of SERVICES)
    buses.set(
      name,
      await connect({
        servers: nats.url,
        authenticator: nkeyAuthenticator(new Uint8Array(readFileSync(seeds[name]))),
        inboxPrefix: `_INBOX_${name}`,
      }),
    );
});
afterAll(async () => {
  for (const bus of buses.values()) await bus.close();
  await nats.stop();
  folder.remove();
});

const covers = (patterns: readonly string[], subject: string): boolean =>
  patterns.some((pattern) =>
    pattern.endsWith('.>') ? subject.startsWith(pattern.slice(0, -1)) : pattern === subject,
  );

/** Whether the server let a service hear a subject. */
async function mayHear(bus: NatsConnection, subject: string): Promise<boolean> {
  const refused = new Promise<boolean>((done) => {
    bus.subscribe(subject, { callback: (error) => done(error === null || error === undefined) });
  });
  // The server answers a forbidden subscription before the flush that follows it.
  const allowed = bus.flush().then(() => new Promise<boolean>((done) => setImmediate(() => done(true))));
  return Promise.race([refused, allowed]);
}

/** Whether the server let a service speak on a subject: it says so in the connection's status. */
async function maySpeak(bus: NatsConnection, subject: string): Promise<boolean> {
  const status = bus.status()[Symbol.asyncIterator]();
  const refused = (async () => {
    for (let next = await status.next(); !next.done; next = await status.next())
      if (next.value.type === 'error' && next.value.error.message.includes(subject)) return false;
    return true;
  })();
  bus.publish(subject, '{}');
  const allowed = bus.flush().then(() => new Promise<boolean>((done) => setImmediate(() => done(true))));
  return Promise.race([refused, allowed]);
}

describe.each(SERVICES)('the NATS user of %s', (name) => {
  it.each(SUBJECTS)('may hear and speak on %s only where its permissions say so', async (subject) => {
    const bus = buses.get(name);
    if (!bus) throw new Error('not connected');

    expect({ hear: await mayHear(bus, subject), speak: await maySpeak(bus, subject) }).toEqual({
      hear: covers(PERMISSIONS[name].subscribe, subject),
      speak: covers(PERMISSIONS[name].publish, subject),
    });
  });
});

describe('the server of an installation', () => {
  it('lets nobody in without one of its keys', async () => {
    await expect(connect({ servers: nats.url, reconnect: false })).rejects.toThrow(
      /authorization|authentication/i,
    );
    await expect(
      connect({ servers: nats.url, user: 'auth', pass: 'auth', reconnect: false }),
    ).rejects.toThrow();
  });

  it('has a configuration without any secret in it', () => {
    const config = readFileSync(`${folder.path}/nats.conf`, 'utf8');

    expect(config).not.toMatch(/\bSU[A-Z2-7]{56}\b|pass/);
  });
});
