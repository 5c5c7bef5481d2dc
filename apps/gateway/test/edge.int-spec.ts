import { randomUUID } from 'node:crypto';
import { connect as connectTcp } from 'node:net';
import { once } from 'node:events';
import { EdgeClient, Stack } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let stack: Stack;
let ann: EdgeClient;

beforeAll(async () => {
  stack = await Stack.start();
  ann = await EdgeClient.signedUp(stack.url);
});
afterAll(() => stack.stop());

describe('refusals', () => {
  it('come in the order origin, session, size and media type, description, existence', async () => {
    const path = `/chats/${randomUUID()}/messages`;
    const stranger = new EdgeClient(stack.url);
    const evil = { origin: 'https://evil.example' };
    const code = async (client: EdgeClient, body: unknown, headers = {}): Promise<unknown> =>
      (await client.call('POST', path, body, headers)).body['code'];

    expect(await code(stranger, 'x'.repeat(70_000), evil)).toBe('ORIGIN_REFUSED');
    expect(await code(stranger, 'x'.repeat(70_000))).toBe('UNAUTHENTICATED');
    expect(await code(ann, 'x'.repeat(70_000), { 'content-type': 'text/plain' })).toBe('PAYLOAD_TOO_LARGE');
    expect(await code(ann, '{}', { 'content-type': 'text/plain' })).toBe('UNSUPPORTED_MEDIA_TYPE');
    expect(await code(ann, '{')).toBe('VALIDATION_FAILED');
    expect(await code(ann, {})).toBe('VALIDATION_FAILED');
    expect(await code(ann, { clientMessageId: randomUUID(), text: 'x' })).toBe('CHAT_NOT_FOUND');
  });

  it('take an unsafe request with the app’s origin, and one without', async () => {
    expect((await ann.call('POST', '/chats', {}, { origin: stack.origin })).status).toBe(201);
    expect((await ann.call('POST', '/chats', {})).status).toBe(201);
    expect((await ann.call('POST', '/chats', {}, { origin: 'null' })).body['code']).toBe('ORIGIN_REFUSED');
    expect((await ann.call('GET', '/chats', undefined, { origin: 'https://evil.example' })).status).toBe(200);
  });

  it('are problem+json with a request id and name each field, 20 at most', async () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`field${i}`, i]));

    const { status, headers, body } = await ann.call('POST', '/chats/join', many);

    expect(status).toBe(400);
    expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(body).toEqual({
      type: expect.any(String) as string,
      title: expect.any(String) as string,
      status: 400,
      code: 'VALIDATION_FAILED',
      detail: expect.any(String) as string,
      errors: expect.any(Array) as unknown[],
      requestId: headers.get('x-request-id'),
    });
    expect(body['errors']).toHaveLength(20);
  });

  it.each([
    ['GET', '/api/v1/nothing'],
    ['POST', '/api/v1/auth/me'],
    ['GET', '/api/v2/chats'],
    ['PUT', '/health/live'],
    ['GET', '/assets/none.js'],
  ])('%s %s is NOT_FOUND', async (method, path) => {
    const answer = await ann.request(method, path);

    expect(answer.status).toBe(404);
    expect(answer.body['code']).toBe('NOT_FOUND');
  });

  it.each(['/api/v1/chats/%ZZ', '/api/v1/chats/not-a-uuid', `/api/v1/chats/${randomUUID().toUpperCase()}`])(
    'GET %s is VALIDATION_FAILED',
    async (path) => {
      expect((await ann.request('GET', path)).body['code']).toBe('VALIDATION_FAILED');
    },
  );

  it('survive what no program would send', async () => {
    for (const bytes of [
      'GET / HTTP/9.9\r\n\r\n',
      '\x00\xff\xfe\r\n\r\n',
      'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: nope\r\n\r\n',
    ]) {
      const socket = connectTcp(stack.port, '127.0.0.1');
      socket.on('error', () => undefined).resume();
      socket.end(bytes);
      await once(socket, 'close');
    }
    const nested = '['.repeat(30_000) + ']'.repeat(30_000);
    expect((await ann.call('POST', '/chats', nested)).body['code']).toBe('VALIDATION_FAILED');
    expect((await ann.call('POST', '/chats', '{"__proto__": {"name": "x"}, "name": "y"}')).body['code']).toBe(
      'VALIDATION_FAILED',
    );
    expect((await ann.request('GET', '/health/live')).status).toBe(200);
  });
});

describe('headers', () => {
  it('protect every answer, and the API is not stored', async () => {
    const api = await ann.call('GET', '/chats');

    expect(api.headers.get('cache-control')).toBe('no-store');
    expect(api.headers.get('x-content-type-options')).toBe('nosniff');
    expect(api.headers.get('referrer-policy')).toBe('no-referrer');
    expect(api.headers.get('x-powered-by')).toBeNull();
    const policy = api.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("base-uri 'self'");
    expect(policy).not.toContain('unsafe');
  });
});

describe('health', () => {
  it('live asks nothing; ready names what is missing and is 503 while it is', async () => {
    expect((await ann.request('GET', '/health/ready')).status).toBe(200);

    await stack.kill('auth');
    const ready = await ann.request('GET', '/health/ready');
    const live = await ann.request('GET', '/health/live');
    const login = await ann.call('POST', '/auth/login', {
      username: ann.user?.username,
      password: EdgeClient.password,
    });
    await stack.restart('auth');

    expect(ready).toMatchObject({ status: 503, body: { missing: ['auth'] } });
    expect(live.status).toBe(200);
    expect(login).toMatchObject({ status: 503, body: { code: 'SERVICE_UNAVAILABLE' } });
    expect(login.headers.get('retry-after')).toMatch(/^\d+$/);
  });

  it('NATS away: within 3 s 503 with Retry-After, and all reconnect by themselves', async () => {
    await stack.nats.kill();
    const began = Date.now();
    const answer = await ann.call('POST', '/chats', {});
    const took = Date.now() - began;
    await stack.nats.up();
    await stack.ready();

    expect(answer).toMatchObject({ status: 503, body: { code: 'SERVICE_UNAVAILABLE' } });
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(took).toBeLessThan(3_000);
    expect((await ann.call('POST', '/chats', {})).status).toBe(201);
  });
});
