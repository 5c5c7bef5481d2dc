import { randomUUID } from 'node:crypto';
import { connect as connectTcp } from 'node:net';
import { once } from 'node:events';
import { EdgeClient, Stack, eventually } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let stack: Stack;
let ann: EdgeClient;

beforeAll(async () => {
  stack = await Stack.start();
  ann = await EdgeClient.signedUp(stack.url);
});
afterAll(() => stack.stop());

describe('errors', () => {
  it('follow the order origin, session, size and media type, schema, existence', async () => {
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

  it('do not concern an unsafe request with the app’s origin or without one', async () => {
    expect((await ann.call('POST', '/chats', {}, { origin: stack.origin })).status).toBe(201);
    expect((await ann.call('POST', '/chats', {})).status).toBe(201);
    expect((await ann.call('POST', '/chats', {}, { origin: 'null' })).body['code']).toBe('ORIGIN_REFUSED');
    expect((await ann.call('GET', '/chats', undefined, { origin: 'https://evil.example' })).status).toBe(200);
  });

  it('are problem+json with a request id, and name at most 20 fields', async () => {
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

  it('name the field and the requirement for an invalid parameter, query or type', async () => {
    const { chat } = await ann.createChat();
    const errors = async (method: string, path: string, body?: unknown): Promise<unknown> =>
      (await ann.call(method, path, body)).body['errors'];

    expect(await errors('GET', '/chats/NO')).toEqual([
      { field: 'id', message: 'must be a UUID in lower case' },
    ]);
    expect(await errors('DELETE', `/chats/${chat.id}/messages/NO`)).toMatchObject([{ field: 'messageId' }]);
    expect(await errors('GET', `/chats/${chat.id}/messages?limit=0`)).toMatchObject([{ field: 'limit' }]);
    expect(await errors('POST', '/chats', { name: 1 })).toEqual([
      { field: 'name', message: 'must be a string' },
    ]);
    expect(await errors('PATCH', `/chats/${chat.id}`, {})).toEqual([
      { field: 'name', message: 'must have a name or a messageTtl' },
    ]);
    expect(await errors('POST', '/chats/join', '[]')).toEqual([
      { field: 'body', message: 'must be an object' },
    ]);
  });

  it('are VALIDATION_FAILED for a body that is not UTF-8, and UNSUPPORTED_MEDIA_TYPE for another charset', async () => {
    const { chat } = await ann.createChat();
    const bytes = [`{"clientMessageId":"${randomUUID()}","text":"a`, Uint8Array.of(0xff, 0xc3), '"}'];
    const send = async (body: Blob, type: string): Promise<unknown> => {
      const response = await fetch(`${stack.url}/api/v1/chats/${chat.id}/messages`, {
        method: 'POST',
        headers: { cookie: ann.cookie, 'content-type': type },
        body,
      });
      return ((await response.json()) as { code?: string }).code;
    };
    const fine = JSON.stringify({ clientMessageId: randomUUID(), text: 'ä' });

    expect(await send(new Blob(bytes), 'application/json')).toBe('VALIDATION_FAILED');
    for (const charset of ['utf-16le', 'iso-8859-1', '"utf-16"', 'utf-8x'])
      expect(
        await send(new Blob([Buffer.from(fine, 'utf16le')]), `application/json; charset=${charset}`),
      ).toBe('UNSUPPORTED_MEDIA_TYPE');
    expect((await ann.page(chat.id)).messages).toEqual([]);
    for (const charset of ['utf-8', 'UTF-8', '"utf-8"'])
      expect(await send(new Blob([fine]), `application/json; charset=${charset}`)).toBeUndefined();
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

  it('answer malformed HTTP and deeply nested JSON, and the server keeps running', async () => {
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

/** Sends bytes. @returns all that the server sends until it closes the connection */
async function raw(bytes: string): Promise<string> {
  const socket = connectTcp(stack.port, '127.0.0.1');
  const parts: Buffer[] = [];
  socket.on('data', (part: Buffer) => parts.push(part));
  socket.on('error', () => undefined).write(bytes);
  await once(socket, 'close', { signal: AbortSignal.timeout(10_000) });
  return Buffer.concat(parts).toString();
}

describe('HTTP/1.1', () => {
  it.each(['h2c', 'H2C', 'TLS/1.0', 'websocket2'])(
    'ignores an Upgrade to %s and answers the request',
    async (protocol) => {
      const upgrade = `Connection: Upgrade, HTTP2-Settings\r\nUpgrade: ${protocol}\r\nHTTP2-Settings: AAMAAABk\r\n`;
      const body = 'Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}';
      const at = (line: string, rest = '\r\n'): Promise<string> =>
        raw(`${line} HTTP/1.1\r\nHost: h\r\n${upgrade}${rest}`);

      expect(await at('GET /health/live')).toMatch(/^HTTP\/1\.1 200 /);
      expect(await at('POST /api/v1/auth/login', body)).toMatch(/^HTTP\/1\.1 400 [^]*VALIDATION_FAILED/);
      expect(await at('GET /socket.io/?EIO=4&transport=polling')).toMatch(/^HTTP\/1\.1 200 /);
    },
  );

  it.each(['/health/live', '/', '/api/v1/auth/me', '/socket.io/?EIO=4&transport=polling'])(
    'refuses two Host headers at %s with 400',
    async (path) => {
      for (const hosts of ['Host: a\r\nHost: b', 'Host: a\r\nhOST: a'])
        expect(await raw(`GET ${path} HTTP/1.1\r\n${hosts}\r\nConnection: close\r\n\r\n`)).toMatch(
          /^HTTP\/1\.1 400 /,
        );
    },
  );

  it('refuses a WebSocket with two Host headers, and a request with none, with 400', async () => {
    const key = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
    const upgrade = `Connection: Upgrade\r\nUpgrade: websocket\r\n${key}`;
    const path = '/socket.io/?EIO=4&transport=websocket';

    const two = connectTcp(stack.port, '127.0.0.1');
    two.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nHost: b\r\n${upgrade}\r\n`);
    const [answer] = (await once(two, 'data')) as [Buffer];
    two.destroy();

    expect(answer.toString()).toMatch(/^HTTP\/1\.1 400 /);
    expect(await raw('GET / HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('keeps idle connections longer than proxies do, which is two minutes at most', async () => {
    const { headers } = await ann.request('GET', '/health/live');

    expect(Number(/timeout=(\d+)/.exec(headers.get('keep-alive') ?? '')?.[1])).toBeGreaterThan(120);
  });
});

describe('the page', () => {
  it.each(['/', '/chats', '/join', '/log-in', '/api/docs'])(
    '%s does not depend on the session: no cookie, no redirect, the same content for everybody',
    async (path) => {
      const html = { accept: 'text/html' };
      const stranger = new EdgeClient(stack.url);
      stranger.token = 'A'.repeat(43);
      const pages = [];
      for (const client of [new EdgeClient(stack.url), stranger, ann])
        pages.push(await client.request('GET', path, undefined, { ...html, 'sec-fetch-site': 'cross-site' }));

      for (const { status, headers, body } of pages) {
        expect(status).toBe(pages[0]?.status);
        expect(headers.getSetCookie()).toEqual([]);
        expect(headers.get('location')).toBeNull();
        expect(headers.get('x-content-type-options')).toBe('nosniff');
        expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
        // A browser may keep a page for its back button, but nothing below /api.
        expect(headers.get('cache-control')).toBe(path.startsWith('/api') ? 'no-store' : 'no-cache');
        const anyNonce = (page: unknown): string => String(page).replaceAll(/nonce="[^"]*"/g, '');
        expect(anyNonce(body['text'])).toBe(anyNonce(pages[0]?.body['text']));
      }
    },
  );
});

describe('security headers', () => {
  it('are set on the answers of long polling too', async () => {
    const answer = await ann.request('GET', '/socket.io/?EIO=4&transport=polling');

    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  it('are set on every answer, and those of the API are no-store', async () => {
    const api = await ann.call('GET', '/chats');

    expect(api.headers.get('cache-control')).toBe('no-store');
    expect(api.headers.get('x-content-type-options')).toBe('nosniff');
    expect(api.headers.get('referrer-policy')).toBe('no-referrer');
    expect(api.headers.get('x-powered-by')).toBeNull();
    const policy = api.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("base-uri 'self'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toContain('unsafe');
    const anyCase = await ann.request('GET', '/API/v1/auth/me');
    expect(anyCase.headers.get('cache-control')).toBe('no-store');
    expect(anyCase.status).toBe(200);
    expect(api.headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(api.headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(api.headers.get('permissions-policy')).toContain('camera=()');
  });
});

describe('slow and large requests', () => {
  // Waits for the timeout of 10 s, so it runs with TEST_LONG only.
  // oxlint-disable-next-line vitest/no-conditional-tests -- the long run alone has this test
  if (process.env['TEST_LONG'] === '1')
    it('are answered 408 and closed when their headers do not arrive in time', async () => {
      const socket = connectTcp(stack.port, '127.0.0.1');
      socket.write('GET /health/live HTTP/1.1\r\nHost: x\r\nX-Slow: ');
      let text = '';
      socket.on('data', (part: Buffer) => (text += part.toString()));

      await once(socket, 'close');

      expect(text).toMatch(/^HTTP\/1\.1 408 /);
    }, 120_000);

  it('are refused with 431 when their headers exceed 16 KiB', async () => {
    const answer = await ann.request('GET', '/health/live', undefined, { 'x-large': 'x'.repeat(20_000) });

    expect(answer.status).toBe(431);
  });
});

describe('health', () => {
  it('live is 200 and ready is 503 with the missing services while auth is down', async () => {
    expect((await ann.request('GET', '/health/ready')).status).toBe(200);

    await stack.kill('auth');
    // The gateway caches readiness for a second.
    const ready = await eventually(async () => {
      const answer = await ann.request('GET', '/health/ready');
      return answer.status === 503 && answer;
    }, '/health/ready is 503');
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

  it('calls are 503 with Retry-After within 3 s while NATS is down, and the services reconnect by themselves', async () => {
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
