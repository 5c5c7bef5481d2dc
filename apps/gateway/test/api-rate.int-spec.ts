import { randomUUID } from 'node:crypto';
import { EdgeClient, Stack, type EdgeAnswer } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const BURST = 5;
const MANY = BURST * 10;

let stack: Stack;

beforeAll(async () => {
  stack = await Stack.start({ API_RATE_LIMIT: '1', TRUST_PROXY: 'loopback' });
});
afterAll(() => stack.stop());

/** Returns the header that a proxy sends for a client with a new address. */
let lastAddress = 0;
const address = (): Record<string, string> => ({ 'x-forwarded-for': `198.51.100.${++lastAddress}` });

/** Makes some calls at the same time. @returns their statuses */
async function statuses(times: number, call: () => Promise<EdgeAnswer>): Promise<number[]> {
  const answers = await Promise.all(Array.from({ length: times }, call));
  return answers.map(({ status }) => status);
}

describe('API_RATE_LIMIT', () => {
  it('allows a user a burst of five seconds’ worth of calls, then answers RATE_LIMITED with Retry-After', async () => {
    const client = await EdgeClient.signedUp(stack.url);
    const other = await EdgeClient.signedUp(stack.url);
    const me = (): Promise<EdgeAnswer> => client.call('GET', '/auth/me');

    const first = await statuses(BURST, me);
    const answers = await Promise.all(Array.from({ length: MANY }, me));
    const refused = answers.find(({ status }) => status === 429);

    expect(first).toEqual(Array(BURST).fill(200));
    expect(refused).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED' } });
    expect(refused?.headers.get('retry-after')).toBe('1');
    expect(refused?.headers.get('ratelimit-policy')).toBe('"api";q=5;w=5');
    expect(refused?.headers.get('ratelimit')).toBe('"api";r=0;t=1');
    // The other user calls from the same address.
    expect((await other.call('GET', '/auth/me')).status).toBe(200);
  });

  it('counts all calls of a user together, except messages and the calls of AUTH_RATE_LIMIT', async () => {
    const client = await EdgeClient.signedUp(stack.url);
    const { username } = client.user ?? {};
    const { chat } = await client.createChat();
    const paths = ['/auth/sessions', '/chats', `/chats/${chat.id}`, `/chats/${chat.id}/messages`];

    const all = await statuses(MANY, () => client.call('GET', paths[++lastAddress % paths.length] ?? ''));
    const read = await statuses(MANY, () => client.call('POST', `/chats/${chat.id}/read`, { seq: 1 }));
    const sent = await statuses(MANY, () =>
      client.call('POST', `/chats/${chat.id}/messages`, { clientMessageId: randomUUID(), text: 'x' }),
    );
    const loggedIn = await new EdgeClient(stack.url).call('POST', '/auth/login', {
      username,
      password: EdgeClient.password,
    });

    expect(all).toContain(429);
    expect(read).toContain(429);
    expect(new Set(sent)).toEqual(new Set([201]));
    expect(loggedIn.status).toBe(200);
  });

  it.each([
    ['a call without a session', 'GET', '/auth/me', (): string => '', 401],
    ['calls with unknown sessions', 'GET', '/chats', (): string => `sid=${randomUUID()}`, 401],
    ['a send without a session', 'POST', `/chats/${randomUUID()}/messages`, (): string => '', 401],
    ['a join without a session', 'POST', '/chats/join', (): string => '', 401],
    ['a call without a route', 'GET', '/nothing/here', (): string => '', 404],
  ])('counts %s per address', async (_, method, path, cookie, expected) => {
    const from = address();
    const call = (): Promise<EdgeAnswer> =>
      new EdgeClient(stack.url).call(method, path, undefined, { ...from, cookie: cookie() });

    const first = await statuses(BURST, call);
    const more = await statuses(MANY, call);
    const elsewhere = await new EdgeClient(stack.url).call(method, path, undefined, address());

    expect(first).toEqual(Array(BURST).fill(expected));
    expect(more).toContain(429);
    expect(new Set([...first, ...more])).toEqual(new Set([429, expected]));
    expect(elsewhere.status).toBe(expected);
  });

  it('does not limit a user whose address has used up the rate of calls without a session', async () => {
    const from = address();
    const user = await EdgeClient.signedUp(stack.url);
    const before = await user.call('GET', '/auth/me', undefined, from);

    const strangers = await statuses(MANY, () =>
      new EdgeClient(stack.url).call('GET', '/auth/me', undefined, from),
    );
    const after = await user.call('GET', '/auth/me', undefined, from);

    expect(strangers).toContain(429);
    expect([before.status, after.status]).toEqual([200, 200]);
  });

  it('does not count health checks, API documents and pages', async () => {
    const from = address();
    const paths = ['/health/live', '/health/ready', '/api/openapi.json', '/no-such-file.js'];

    for (const path of paths) {
      const client = new EdgeClient(stack.url);
      expect(await statuses(MANY, () => client.request('GET', path, undefined, from))).not.toContain(429);
    }
  });

  it.each([
    ['new chats', 'POST', '/chats', '"chat";q=1;w=30'],
    ['exports', 'GET', '/auth/export', '"export";q=1;w=30'],
  ])('limits %s to a thirtieth of it, but allows at least one', async (_, method, path, policy) => {
    const client = await EdgeClient.signedUp(stack.url);

    const first = await client.call(method, path);
    const second = await client.call(method, path);

    expect(first.status).toBe(method === 'POST' ? 201 : 200);
    expect(second).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED' } });
    expect(Number(second.headers.get('retry-after'))).toBeGreaterThan(1);
    expect(second.headers.get('ratelimit-policy')).toBe(policy);
  });
});
