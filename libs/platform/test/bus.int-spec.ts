import { eventually, NatsServerUnderTest } from '@app/testing';
import { pino } from 'pino';
import type { NatsConnection } from '@nats-io/transport-node';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BusClient } from '../src/bus/bus-client.js';
import { leaveOut, withDeadline, timeLeft } from '../src/deadline/deadline.js';
import { addToOutbox, Outbox, OUTBOX_TABLE } from '../src/outbox/outbox.js';
import { sqliteOptions } from '../src/database/sqlite.js';
import { WriteQueue } from '../src/database/write-queue.js';

let nats: NatsServerUnderTest;
let peer: NatsConnection;
let client: BusClient;

beforeAll(async () => {
  nats = await NatsServerUnderTest.start();
  peer = await nats.connect();
  client = await BusClient.connect('gateway', { servers: [nats.url] }, pino({ level: 'silent' }));
});
afterAll(async () => {
  await client.onApplicationShutdown();
  await peer.close();
  await nats.stop();
});

const DIGEST = 'a'.repeat(64);

describe('BusClient', () => {
  it('fails at once with SERVICE_UNAVAILABLE and a time to retry, when a subject has no subscriber', async () => {
    const began = performance.now();

    const asked = client.request('auth.logout', { digest: DIGEST });

    await expect(asked).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', details: { retryAfter: 1 } });
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  it('waits no longer than its limit for a subscriber that does not reply', async () => {
    const silent = peer.subscribe('auth.logout', { callback: () => undefined });
    await peer.flush();

    const asked = client.request('auth.logout', { digest: DIGEST }, 200);

    await expect(asked).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    silent.unsubscribe();
  });

  it('shares the deadline of a call between its requests, until the call is answered', async () => {
    const silent = peer.subscribe('auth.logout', { callback: () => undefined });
    await peer.flush();
    let answered = false;

    await withDeadline(
      () => answered,
      async () => {
        await expect(client.request('auth.logout', { digest: DIGEST }, 200)).rejects.toMatchObject({
          code: 'SERVICE_UNAVAILABLE',
        });
        expect(timeLeft(200)).toBe(1);
        leaveOut(100_000);
        expect(timeLeft(200)).toBeGreaterThan(1_000);
        answered = true;
        expect(timeLeft(200)).toBe(200);
      },
    );

    silent.unsubscribe();
  });

  it('passes an error on with its code and fields, and maps an unknown code to INTERNAL', async () => {
    const refusals = [
      { error: { code: 'CHAT_FULL', message: 'full' } },
      {
        error: {
          code: 'VALIDATION_FAILED',
          message: 'no',
          errors: [{ field: 'digest', message: 'is wrong' }],
        },
      },
      { error: { code: 'SOMETHING_ELSE', message: 'from the inside' } },
    ];
    const answering = peer.subscribe('auth.logout', {
      callback: (_error, message) => void message.respond(JSON.stringify(refusals.shift())),
    });
    await peer.flush();
    const ask = (): Promise<unknown> =>
      client.request('auth.logout', { digest: DIGEST }).catch((error: unknown) => error);

    expect(await ask()).toMatchObject({ code: 'CHAT_FULL', message: 'full' });
    expect(await ask()).toMatchObject({
      code: 'VALIDATION_FAILED',
      details: { errors: [{ field: 'digest' }] },
    });
    expect(await ask()).toMatchObject({ code: 'INTERNAL', message: 'Internal server error' });
    answering.unsubscribe();
  });

  it('logs why there is no reply, once a second, and no text of a reply that is not JSON', async () => {
    const lines: Record<string, unknown>[] = [];
    const log = pino(
      { level: 'warn' },
      { write: (line: string) => void lines.push(JSON.parse(line) as never) },
    );
    const other = await BusClient.connect('gateway', { servers: [nats.url] }, log);
    const ask = (): Promise<unknown> =>
      other.request('auth.logout', { digest: DIGEST }, 200).catch((error: unknown) => error);
    for (let i = 0; i < 3; i++) expect(await ask()).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect(lines).toMatchObject([
      { subject: 'auth.logout', reason: expect.stringContaining('no responders') },
    ]);

    const answering = peer.subscribe('auth.users.get', {
      callback: (_error, message) => void message.respond('not JSON but a secret'),
    });
    await peer.flush();
    expect(await other.request('auth.users.get', { ids: [] }).catch((error: unknown) => error)).toMatchObject(
      {
        code: 'INTERNAL',
      },
    );
    expect(lines).toHaveLength(2);
    expect(JSON.stringify(lines)).not.toContain('secret');
    answering.unsubscribe();
    await other.onApplicationShutdown();
  });

  it('ends pending requests when it is closed', async () => {
    const silent = peer.subscribe('auth.logout', { callback: () => undefined });
    await peer.flush();
    const other = await BusClient.connect('gateway', { servers: [nats.url] }, pino({ level: 'silent' }));

    const asked = other.request('auth.logout', { digest: DIGEST }, 600_000);
    await Promise.all([
      expect(asked).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' }),
      other.onApplicationShutdown(),
    ]);
    silent.unsubscribe();
  });

  it('receives replies to each family of subjects in an inbox of its own', async () => {
    const replies: string[] = [];
    const answering = peer.subscribe('*.health', {
      callback: (_error, message) => {
        replies.push(message.reply ?? '');
        message.respond(JSON.stringify({ data: {} }));
      },
    });
    await peer.flush();

    await client.request('auth.health', {});
    await client.request('chat.health', {});

    expect(replies).toEqual([
      expect.stringMatching(/^_INBOX_gateway\.auth\.\w+\.\w+$/),
      expect.stringMatching(/^_INBOX_gateway\.chat\.\w+\.\w+$/),
    ]);
    answering.unsubscribe();
  });

  it('reconnects after the server was killed, and shows when it is disconnected', async () => {
    await nats.kill();
    await eventually(() => !client.connected, 'the client notices');
    await nats.up();
    await eventually(() => client.connected, 'the client is back');
    await eventually(() => peer.flush().then(() => true), 'so is the peer, for the tests to come');

    expect(client.connected).toBe(true);
  });
});

describe('Outbox', () => {
  it('repeats an event until each service has confirmed it, and lets no failing event block another', async () => {
    const source = await new DataSource(
      sqliteOptions(':memory:', { entities: [], migrations: [] }),
    ).initialize();
    await source.query(OUTBOX_TABLE);
    const queue = new WriteQueue(source);
    const outbox = new Outbox(source, queue, client, pino({ level: 'silent' }));
    const stuck = '00000000-0000-4000-8000-000000000001';
    const fine = '00000000-0000-4000-8000-000000000002';
    let broken = true;
    const heard: string[] = [];
    const gateway = peer.subscribe('event.user.deleted', {
      callback: (_error, message) => {
        const { userId } = message.json<{ userId: string }>();
        heard.push(userId);
        const failed = broken && userId === stuck;
        message.respond(
          JSON.stringify(failed ? { error: { code: 'INTERNAL' } } : { data: { service: 'gateway' } }),
        );
      },
    });
    const chat = peer.subscribe('event.user.deleted', {
      callback: (_error, message) => void message.respond(JSON.stringify({ data: { service: 'chat' } })),
    });
    await peer.flush();

    await queue.transaction((handle) => {
      for (const userId of [stuck, fine])
        addToOutbox(handle, 'event.user.deleted', { userId, at: new Date().toISOString() });
    });
    outbox.deliver();

    await eventually(async () => (await outbox.backlog()).pending === 1, 'the other event is done');
    await eventually(() => heard.filter((id) => id === stuck).length >= 2, 'the stuck one is repeated');
    expect(heard.filter((id) => id === fine)).toHaveLength(1);
    expect((await outbox.backlog()).oldestMs).toBeGreaterThan(0);
    expect(await source.query('SELECT pending FROM outbox')).toEqual([{ pending: 'gateway' }]);
    broken = false;
    await eventually(async () => (await outbox.backlog()).pending === 0, 'it is done once it can be');
    outbox.stop();
    gateway.unsubscribe();
    chat.unsubscribe();
    await source.destroy();
  });
});
