import { randomUUID } from 'node:crypto';
import { BusClient } from '@app/platform';
import { eventually, NatsServerUnderTest } from '@app/testing';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { AuthClient } from '../src/services/auth.client.js';

let nats: NatsServerUnderTest;
let owner: NatsConnection;
let bus: BusClient;
/** The unanswered requests to auth. The test answers them in its place. */
const requests: Msg[] = [];

beforeAll(async () => {
  nats = await NatsServerUnderTest.start();
  owner = await nats.connect();
  for (const subject of ['auth.session.verify', 'auth.users.get'])
    owner.subscribe(subject, {
      callback: (_error, message) => {
        requests.push(message);
      },
    });
  await owner.flush();
  bus = await BusClient.connect('gateway', { servers: [nats.url] }, pino({ level: 'silent' }));
});
afterAll(async () => {
  await bus.onApplicationShutdown();
  await owner.close();
  await nats.stop();
});

const aUser = (): { id: string; username: string; createdAt: string } => ({
  id: randomUUID(),
  username: 'ann',
  createdAt: new Date().toISOString(),
});

/** Answers the oldest request. */
async function answer(data: object): Promise<void> {
  await eventually(() => requests.length > 0, 'a request to auth');
  requests.shift()?.respond(JSON.stringify({ data }));
}

describe('AuthClient with a request under way', () => {
  const session = (sessionId: string): object => ({
    sessionId,
    user: aUser(),
    expiresAt: new Date(Date.now() + 60_000).toISOString(),
  });

  it('does not cache a session that ends meanwhile', async () => {
    const auth = new AuthClient(bus);
    const sessionId = randomUUID();
    const digest = 'a'.repeat(64);

    const verified = auth.verify(digest).catch((error: unknown) => error);
    await eventually(() => requests.length > 0, 'a request to auth');
    auth.evictSession(sessionId);
    await answer(session(sessionId));

    expect(await verified).toMatchObject({ code: 'UNAUTHENTICATED' });
    const again = auth.verify(digest).catch((error: unknown) => error);
    await answer(session(sessionId));
    expect(await again).toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('does not cache the username of a user who is deleted meanwhile', async () => {
    const auth = new AuthClient(bus);
    const user = aUser();

    const users = auth.usersById([user.id]);
    await eventually(() => requests.length > 0, 'a request to auth');
    auth.evictUser(user.id);
    await answer({ users: [user] });

    expect([...(await users)]).toEqual([]);
    expect([...(await auth.usersById([user.id]))]).toEqual([]);
  });
});

describe('AuthClient with a digest that auth does not know', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('refuses it for 5 s without another request, and verifies other digests', async () => {
    const auth = new AuthClient(bus);
    const refused = async (digest: string, isRequested: boolean): Promise<void> => {
      const verified = auth.verify(digest).catch((error: unknown) => error);
      if (isRequested) {
        await eventually(() => requests.length > 0, 'a request to auth');
        requests.shift()?.respond(JSON.stringify({ error: { code: 'UNAUTHENTICATED', message: 'no' } }));
      }
      expect(await verified).toMatchObject({ code: 'UNAUTHENTICATED' });
      expect(requests).toEqual([]);
    };

    vi.useFakeTimers({ toFake: ['performance'] });
    await refused('b'.repeat(64), true);
    await refused('b'.repeat(64), false);
    await refused('c'.repeat(64), true);
    vi.advanceTimersByTime(5_000);
    await refused('b'.repeat(64), true);
  });
});
