import { randomUUID } from 'node:crypto';
import { EdgeClient, Stack } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const { password } = EdgeClient;
let stack: Stack;

beforeAll(async () => {
  stack = await Stack.start({ MESSAGE_RATE_LIMIT: '5', AUTH_RATE_LIMIT: '30', TRUST_PROXY: 'loopback' });
});
afterAll(() => stack.stop());

/** Each caller has an address of its own, as behind a proxy. */
let lastAddress = 0;
const address = (): Record<string, string> => ({ 'x-forwarded-for': `198.51.100.${++lastAddress}` });

async function someone(): Promise<EdgeClient> {
  const client = new EdgeClient(stack.url);
  const username = `u-${randomUUID().slice(0, 12)}`;
  const { body } = await client.call('POST', '/auth/register', { username, password }, address());
  client.user = body['user'] as EdgeClient['user'];
  return client;
}

describe('MESSAGE_RATE_LIMIT', () => {
  it('lets three times as many through at once, then says RATE_LIMITED with Retry-After, by HTTP and socket together', async () => {
    const client = await someone();
    const { chat } = await client.createChat();
    const path = `/chats/${chat.id}/messages`;
    for (let i = 0; i < 15; i++)
      await client.call('POST', path, { clientMessageId: randomUUID(), text: 'x' });
    const socket = await client.connect();

    const answers = await Promise.all(
      Array.from({ length: 8 }, () =>
        client.call('POST', path, { clientMessageId: randomUUID(), text: 'x' }),
      ),
    );
    const ack = await socket.ask('message:send', {
      chatId: chat.id,
      clientMessageId: randomUUID(),
      text: 'x',
    });
    client.close();

    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.body['code']).toBe('RATE_LIMITED');
    expect(refused?.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect(ack).toMatchObject({
      ok: false,
      error: { code: 'RATE_LIMITED', retryAfter: expect.any(Number) as number },
    });
  });
});

describe('AUTH_RATE_LIMIT', () => {
  it('counts registrations per address, whatever comes of them', async () => {
    const from = address();
    const tries = Array.from({ length: 31 }, () =>
      new EdgeClient(stack.url).call('POST', '/auth/register', {}, from),
    );

    const statuses = (await Promise.all(tries)).map(({ status }) => status);

    expect(statuses.filter((status) => status === 429)).toHaveLength(1);
    expect((await new EdgeClient(stack.url).call('POST', '/auth/register', {}, address())).status).toBe(400);
  });

  it('counts all addresses of an IPv6 /64 as one', async () => {
    const tries = Array.from({ length: 31 }, (_, i) =>
      new EdgeClient(stack.url).call(
        'POST',
        '/auth/register',
        {},
        { 'x-forwarded-for': `2001:db8:1:2::${i.toString(16)}` },
      ),
    );

    expect((await Promise.all(tries)).filter(({ status }) => status === 429)).toHaveLength(1);
    expect(
      (
        await new EdgeClient(stack.url).call(
          'POST',
          '/auth/register',
          {},
          { 'x-forwarded-for': '2001:db8:1:3::1' },
        )
      ).status,
    ).toBe(400);
  });

  it('gives the try back when a log-in succeeds', async () => {
    const client = await someone();
    const from = address();
    const login = (): Promise<{ status: number }> =>
      client.call('POST', '/auth/login', { username: client.user?.username, password }, from);

    const statuses: number[] = [];
    for (let i = 0; i < 35; i++) statuses.push((await login()).status);

    expect(new Set(statuses)).toEqual(new Set([200]));
  });

  it('stops failed log-ins to an account from any address, whatever the password, but not the owner’s own browser', async () => {
    const owner = await someone();
    const username = owner.user?.username;
    const guess = (word: string): Promise<{ status: number }> =>
      new EdgeClient(stack.url).call('POST', '/auth/login', { username, password: word }, address());
    const statuses: number[] = [];
    for (let i = 0; i < 6; i++) statuses.push((await guess('wrong wrong')).status);

    const stranger = await guess(password);
    const own = await owner.call('POST', '/auth/login', { username, password }, address());

    expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
    expect(stranger.status).toBe(429);
    expect(own.status).toBe(200);
  });

  it('treats unknown names alike', async () => {
    const username = `nobody-${randomUUID().slice(0, 8)}`;
    const statuses: number[] = [];
    for (let i = 0; i < 6; i++)
      statuses.push(
        (
          await new EdgeClient(stack.url).call(
            'POST',
            '/auth/login',
            { username, password: 'wrong wrong' },
            address(),
          )
        ).status,
      );

    expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
  });
});
