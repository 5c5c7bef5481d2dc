import { randomUUID } from 'node:crypto';
import { EdgeClient, eventually, Stack, type EdgeAnswer } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const { password } = EdgeClient;
let stack: Stack;

beforeAll(async () => {
  stack = await Stack.start({
    MESSAGE_RATE_LIMIT: '1',
    AUTH_RATE_LIMIT: '30',
    SOCKETS_PER_ADDRESS: '3',
    TRUST_PROXY: 'loopback',
  });
});
afterAll(() => stack.stop());

/** Returns the header that a proxy sends for a client with a new address. */
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
  it('allows a burst of three times the rate over HTTP and socket together, then answers RATE_LIMITED with Retry-After', async () => {
    const client = await someone();
    const { chat } = await client.createChat();
    const socket = await client.connect({ headers: address() });
    const message = (): object => ({ clientMessageId: randomUUID(), text: 'x' });
    const post = (): Promise<EdgeAnswer> => client.call('POST', `/chats/${chat.id}/messages`, message());
    const bySocket = (): Promise<object> => socket.ask('message:send', { chatId: chat.id, ...message() });
    const ten = Array.from({ length: 10 });

    const first = await Promise.all([post(), post(), post()]);
    const [answers, acks] = await Promise.all([Promise.all(ten.map(post)), Promise.all(ten.map(bySocket))]);
    client.close();

    expect(first.map(({ status }) => status)).toEqual([201, 201, 201]);
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.body['code']).toBe('RATE_LIMITED');
    expect(refused?.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect(acks).toContainEqual({
      ok: false,
      error: expect.objectContaining({
        code: 'RATE_LIMITED',
        retryAfter: expect.any(Number) as number,
      }) as object,
    });
  });
});

describe('AUTH_RATE_LIMIT', () => {
  it('counts registrations per address, successful or not', async () => {
    const from = address();
    const tries = Array.from({ length: 31 }, () =>
      new EdgeClient(stack.url).call('POST', '/auth/register', {}, from),
    );

    const statuses = (await Promise.all(tries)).map(({ status }) => status);

    expect(statuses.filter((status) => status === 429)).toHaveLength(1);
    expect((await new EdgeClient(stack.url).call('POST', '/auth/register', {}, address())).status).toBe(400);
  });

  it('sends the remaining tries and the time until more in RateLimit headers, also with an error', async () => {
    const from = address();
    const wrong = { username: `nobody-${randomUUID().slice(0, 8)}`, password: 'wrong wrong' };
    const login = (): Promise<EdgeAnswer> =>
      new EdgeClient(stack.url).call('POST', '/auth/login', wrong, from);

    const first = await login();
    const others = await Promise.all(Array.from({ length: 30 }, login));
    const refused = others.find(({ headers }) => headers.get('ratelimit')?.includes('r=0;t='));
    const last = await login();

    expect(first.headers.get('ratelimit-policy')).toBe('"login";q=30;w=60');
    expect(first.headers.get('ratelimit')).toMatch(/^"login";r=29;t=([1-9]|[1-5]\d|60)$/);
    expect(refused).toBeDefined();
    expect(last.status).toBe(429);
    expect(last.headers.get('ratelimit')).toMatch(/^"login";r=0;t=\d+$/);
    expect(last.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
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

  it('does not count a log-in that succeeds', async () => {
    const client = await someone();
    const from = address();
    const login = (): Promise<{ status: number }> =>
      client.call('POST', '/auth/login', { username: client.user?.username, password }, from);

    const statuses: number[] = [];
    for (let i = 0; i < 35; i++) statuses.push((await login()).status);

    expect(new Set(statuses)).toEqual(new Set([200]));
  });

  it('limits failed log-ins to an account over all addresses, except from the owner’s known browser', async () => {
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

  it.each([
    ['PUT', '/auth/password', 'currentPassword', { newPassword: 'a longer horse and its battery' }],
    ['DELETE', '/auth/account', 'password', {}],
  ])(
    'counts wrong passwords of %s %s as failed log-ins, also concurrent ones and those of a known browser',
    async (method, path, field, more) => {
      const owner = await someone();
      const { username } = owner.user ?? {};
      const guess = (word: string): Promise<EdgeAnswer> =>
        owner.call(method, path, { ...more, [field]: word }, address());

      const answers = await Promise.all(Array.from({ length: 20 }, () => guess('wrong wrong')));
      const right = await guess(password);
      const stranger = await new EdgeClient(stack.url).call(
        'POST',
        '/auth/login',
        { username, password },
        address(),
      );
      const own = await owner.call('POST', '/auth/login', { username, password }, address());

      const statuses = answers.map(({ status }) => status);
      expect(statuses.filter((status) => status === 401)).toHaveLength(5);
      expect(statuses.filter((status) => status === 429)).toHaveLength(15);
      expect(right).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED' } });
      expect(right.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
      expect(stranger.status).toBe(429);
      expect(own.status).toBe(200);
    },
  );

  it('limits a known browser by a budget of its own', async () => {
    const owner = await someone();
    const username = owner.user?.username;
    const thief = new EdgeClient(stack.url);
    for (const [name, value] of owner.cookies) thief.cookies.set(name, value);
    const guess = (client: EdgeClient, word: string): Promise<EdgeAnswer> =>
      client.call('POST', '/auth/login', { username, password: word }, address());

    const statuses: number[] = [];
    for (let i = 0; i < 6; i++) statuses.push((await guess(thief, 'wrong wrong')).status);
    const withTheCookie = await guess(owner, password);
    const another = await guess(new EdgeClient(stack.url), password);

    expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
    expect(withTheCookie.status).toBe(429);
    expect(another.status).toBe(200);
  });

  it('limits failed log-ins with an unknown username in the same way', async () => {
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

describe('SOCKETS_PER_ADDRESS', () => {
  it('refuses a further socket of the address with RATE_LIMITED until one is closed, whichever users have them', async () => {
    const [ann, bob] = await Promise.all([someone(), someone()]);
    const headers = address();
    const first = await ann.connect({ headers });
    await ann.connect({ headers, transports: ['polling'] });
    await bob.connect({ headers });

    const refused = await bob.refusal(headers);
    const elsewhere = await bob.connect({ headers: address() });
    first.socket.disconnect();
    const again = await eventually(() => bob.connect({ headers }), 'another socket connects');

    expect(refused).toEqual({ code: 'RATE_LIMITED', message: expect.any(String) as string });
    expect(elsewhere.socket.connected).toBe(true);
    expect(again.socket.connected).toBe(true);
    ann.close();
    bob.close();
  });

  it('counts all addresses of an IPv6 /64 as one', async () => {
    const ann = await someone();
    const from = (text: string): Record<string, string> => ({ 'x-forwarded-for': text });
    for (const host of ['1', '2', '3']) await ann.connect({ headers: from(`2001:db8:9:1::${host}`) });

    expect(await ann.refusal(from('2001:db8:9:1::4'))).toMatchObject({ code: 'RATE_LIMITED' });
    expect((await ann.connect({ headers: from('2001:db8:9:2::4') })).socket.connected).toBe(true);
    ann.close();
  });

  it('limits connections that are not authenticated to twice as many', async () => {
    const headers = address();
    const statuses: number[] = [];
    for (let i = 0; i < 7; i++)
      statuses.push((await fetch(`${stack.url}/socket.io/?EIO=4&transport=polling`, { headers })).status);

    expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 403]);
  });
});

describe('the packets of a socket', () => {
  it('are each answered at a client’s pace, and a flood of them closes the connection', async () => {
    const client = await someone();
    const socket = await client.connect({ headers: address() });

    const answers = await Promise.all(Array.from({ length: 900 }, () => socket.ask('no:such:event')));
    for (let i = 0; i < 10_000; i++)
      socket.socket.emit('typing', { chatId: client.id, typing: true }, () => undefined);

    for (const answer of answers) expect(answer).toMatchObject({ error: { code: 'NOT_FOUND' } });
    const { gateway } = stack.services;
    await eventually(
      () => gateway.log.includes('closed a connection that sent too many packets'),
      'the connection is closed',
    );
    await EdgeClient.disconnected(socket, 30_000);
    expect((await client.connect({ headers: address() })).socket.connected).toBe(true);
    client.close();
  });
});
