import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { EdgeClient, eventually, Stack, type EdgeAnswer } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

/** The limit for a call of another user, in milliseconds: far above a slow machine's, and far below a blocked server's. */
const LIMIT_MS = 10_000;
const LONG_TEXT = '😀'.repeat(4_000);

let stack: Stack;

beforeAll(async () => {
  stack = await Stack.start({ SOCKETS_PER_ADDRESS: '1000' });
});
afterAll(() => stack.stop());

/** Opens a raw connection and sends bytes. */
function connection(bytes = ''): Socket {
  const socket = connect(stack.port, '127.0.0.1').on('error', () => undefined);
  if (bytes !== '') socket.write(bytes);
  onTestFinished(() => void socket.destroy());
  return socket;
}

/** Returns a request as text. */
function bytesOf(client: EdgeClient, method: string, path: string, body?: object, length?: number): string {
  const json = body === undefined ? '' : JSON.stringify(body);
  return [
    `${method} /api/v1${path} HTTP/1.1`,
    'Host: localhost',
    `Cookie: ${client.cookie}`,
    ...(body === undefined
      ? []
      : ['Content-Type: application/json', `Content-Length: ${length ?? Buffer.byteLength(json)}`]),
    '',
    json,
  ].join('\r\n');
}

async function memoryMiB(): Promise<number> {
  const status = await readFile(`/proc/${stack.services.gateway.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

describe('a client that sends requests without waiting for answers', () => {
  it('delays no other user and does not grow the server’s memory', async () => {
    const user = await EdgeClient.signedUp(stack.url);
    const flood = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(40_000);
    const before = await memoryMiB();
    const sockets = Array.from({ length: 8 }, () => connection(flood).resume());
    // The server closes a connection whose requests exceed the queue.
    await eventually(
      () => sockets.every(({ bytesRead, destroyed }) => bytesRead > 0 || destroyed),
      'the server answers the flood',
    );

    const began = performance.now();
    const { status } = await user.call('GET', '/auth/me');
    const waitedMs = performance.now() - began;
    const grownMiB = (await memoryMiB()) - before;

    expect(status).toBe(200);
    expect(waitedMs).toBeLessThan(LIMIT_MS);
    expect(grownMiB).toBeLessThan(250);
  });
});

describe('an address with many connections', () => {
  it('may have 1,000 beside its WebSockets; further ones are closed', async () => {
    const user = await EdgeClient.signedUp(stack.url);
    const open = (): Socket => {
      const socket = connect({ port: stack.port, host: '127.0.0.1', localAddress: '127.0.0.77' });
      onTestFinished(() => void socket.destroy());
      return socket.on('error', () => undefined).resume();
    };
    const key = randomUUID().replaceAll('-', '').slice(0, 22);
    const upgraded = Array.from({ length: 20 }, () => {
      const socket = open();
      socket.write(
        `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nCookie: ${user.cookie}\r\n` +
          `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}==\r\n\r\n`,
      );
      return socket;
    });
    await eventually(() => upgraded.every(({ bytesRead }) => bytesRead > 0), 'the WebSockets are open');

    const sockets = Array.from({ length: 1_050 }, open);

    await eventually(() => sockets.filter(({ destroyed }) => destroyed).length === 50, '50 are closed');
    expect(upgraded.some(({ destroyed }) => destroyed)).toBe(false);
    expect((await user.call('GET', '/auth/me')).status).toBe(200);
  });
});

describe('a session that ends while a body arrives', () => {
  it.each([
    [
      'a message',
      'POST',
      (chatId: string) => `/chats/${chatId}/messages`,
      () => ({ clientMessageId: randomUUID(), text: 'late' }),
    ],
    ['a rename', 'PATCH', (chatId: string) => `/chats/${chatId}`, () => ({ name: 'late' })],
    ['a new chat', 'POST', () => '/chats', () => ({ name: 'late' })],
    ['a join', 'POST', () => '/chats/join', () => ({ key: 'late' })],
    ['an erasure', 'DELETE', (chatId: string) => `/chats/${chatId}`, () => ({})],
  ])('refuses %s', async (_, method, path, body) => {
    const owner = await EdgeClient.signedUp(stack.url);
    const { chat } = await owner.createChat('before');
    const thief = new EdgeClient(stack.url);
    await thief.call('POST', '/auth/login', {
      username: owner.user?.username,
      password: EdgeClient.password,
    });
    const bytes = bytesOf(thief, method, path(chat.id), body());
    const socket = connection(bytes.slice(0, -1));
    // The server waits for the body: it still answers other calls of the session.
    await thief.call('GET', '/auth/me');

    await thief.call('POST', '/auth/logout');
    socket.write(bytes.slice(-1));
    const answer = await firstAnswer(socket);

    expect(answer).toContain('401 Unauthorized');
    expect(answer).toContain('UNAUTHENTICATED');
    const { body: after } = await owner.call('GET', `/chats/${chat.id}`);
    expect(after['chat']).toMatchObject({ name: 'before', lastSeq: 0 });
  });

  it('refuses a body that does not arrive within 10 s', async () => {
    const client = await EdgeClient.signedUp(stack.url);
    const socket = connection(bytesOf(client, 'POST', '/chats', { name: 'x' }, 1_000));

    const answer = await text(socket);

    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('VALIDATION_FAILED');
  });
});

/** Returns what arrives on a connection until an answer is complete. */
async function firstAnswer(socket: Socket): Promise<string> {
  let answer = '';
  socket.setEncoding('utf8').on('data', (part: string) => (answer += part));
  await eventually(() => answer.includes('\r\n\r\n') && answer.endsWith('}'), 'the answer is complete');
  return answer;
}

describe('large pages', () => {
  it('end at about 512 KiB with hasMore in both directions, and together contain every message once', async () => {
    const client = await EdgeClient.signedUp(stack.url);
    const { chat } = await client.createChat();
    for (let i = 0; i < 80; i++) await client.send(chat.id, LONG_TEXT);
    const all = Array.from({ length: 80 }, (_, i) => i + 1);

    const newest = await client.page(chat.id, '?limit=200');
    const forward: number[] = [];
    const backward: number[] = [];
    for (let more = true; more;) {
      const page = await client.page(chat.id, `?limit=200&after=${forward.at(-1) ?? 0}`);
      forward.push(...page.messages.map(({ seq }) => seq));
      more = page.hasMore;
    }
    for (let more = true; more;) {
      const page = await client.page(chat.id, `?limit=200&before=${backward[0] ?? 81}`);
      backward.unshift(...page.messages.map(({ seq }) => seq));
      more = page.hasMore;
    }
    const range = await client.page(chat.id, '?limit=200&after=10&before=21');

    expect(newest.hasMore).toBe(true);
    expect(newest.messages.at(-1)?.seq).toBe(80);
    expect(newest.messages.length).toBeLessThan(40);
    expect(Buffer.byteLength(JSON.stringify(newest))).toBeLessThan(600_000);
    expect(forward).toEqual(all);
    expect(backward).toEqual(all);
    expect(range.messages.map(({ seq }) => seq)).toEqual(all.slice(10, 20));
    expect(range.hasMore).toBe(false);
  });

  it('end at about 512 KiB also where the text is longer as JSON than in the store', async () => {
    const client = await EdgeClient.signedUp(stack.url);
    const { chat } = await client.createChat();
    for (let i = 0; i < 40; i++) await client.send(chat.id, `x${'\u0001'.repeat(3_999)}`);

    const page = await client.page(chat.id, '?limit=200');

    expect(page.hasMore).toBe(true);
    expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(600_000);
  });

  it('are limited to 4 MiB a second for a user', async () => {
    const client = await EdgeClient.signedUp(stack.url);
    const { chat } = await client.createChat();
    for (let i = 0; i < 40; i++) await client.send(chat.id, LONG_TEXT);
    const began = performance.now();

    await Promise.all(Array.from({ length: 6 }, () => client.page(chat.id, '?limit=200')));

    // Each page beyond the first waits for the cost of 448 KiB. Without the limit all take a quarter of that.
    expect(performance.now() - began).toBeGreaterThan(400);
  });

  it('are served 8 at a time to a user who reads no answers, while others are served', async () => {
    const client = await EdgeClient.signedUp(stack.url);
    const other = await EdgeClient.signedUp(stack.url);
    const { chat } = await client.createChat();
    for (let i = 0; i < 40; i++) await client.send(chat.id, LONG_TEXT);
    const path = `/chats/${chat.id}/messages?limit=200`;

    // More than the kernel buffers for a connection that is not read.
    const bytes = bytesOf(client, 'GET', path).repeat(30);
    const sockets = Array.from({ length: 12 }, () => connection(bytes).pause());
    const waiting = await eventually(async () => {
      const answer = client.call('GET', path);
      const outcome = await Promise.race([answer.then(() => 'answered'), pause(2_000, 'waits')]);
      return outcome === 'waits' && { answer };
    }, 'a further call waits');
    const { status } = await other.call('GET', '/chats');
    for (const socket of sockets) socket.destroy();

    expect(status).toBe(200);
    expect((await waiting.answer).status).toBe(200);
  });
});

describe('an export', () => {
  const MESSAGES = 500;
  let made: Promise<{ client: EdgeClient; chatId: string }> | undefined;

  /** A user with a larger export than a connection buffers. */
  const withMuch = (): typeof made & object => (made ??= makeMuch());

  async function makeMuch(): Promise<{ client: EdgeClient; chatId: string }> {
    const client = await EdgeClient.signedUp(stack.url);
    const { chat } = await client.createChat('much');
    for (let round = 0; round < MESSAGES / 50; round++)
      await Promise.all(Array.from({ length: 50 }, () => client.send(chat.id, LONG_TEXT)));
    return { client, chatId: chat.id };
  }

  it('runs once at a time for a user, ends with its session, and contains every message', async () => {
    const { client, chatId } = await withMuch();
    const socket = connection(bytesOf(client, 'GET', '/auth/export'));
    await once(socket, 'readable');
    socket.pause();

    const second = await client.call('GET', '/auth/export');
    expect(second).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED' } });
    expect(second.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    await client.call('POST', '/auth/logout');
    socket.resume();
    await once(socket, 'close');
    expect(socket.bytesRead).toBeLessThan(MESSAGES * 16_000);

    await client.call('POST', '/auth/login', {
      username: client.user?.username,
      password: EdgeClient.password,
    });
    const third = await eventually(async () => {
      const answer = await client.call('GET', '/auth/export');
      return answer.status === 200 && answer;
    }, 'the first export has ended');
    const [exported] = third.body['chats'] as { chat: { id: string }; messages: { seq: number }[] }[];
    expect(exported?.chat.id).toBe(chatId);
    expect(exported?.messages.map(({ seq }) => seq)).toEqual(
      Array.from({ length: MESSAGES }, (_, i) => i + 1),
    );
  });

  it('contains no message that was sent after its start', async () => {
    const { client, chatId } = await withMuch();
    const socket = connection(
      bytesOf(client, 'GET', '/auth/export').replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'),
    );
    await once(socket, 'readable');
    socket.pause();

    await client.send(chatId, 'too late');
    const answer = await text(socket);

    expect(answer).toContain(`"seq":${MESSAGES},`);
    expect(answer).not.toContain('too late');
    expect(answer.trimEnd().endsWith('0')).toBe(true);
  });
});

describe('readiness', () => {
  it('is cached for a second for all callers, and logged when it changes', async () => {
    const ready = (): Promise<EdgeAnswer> => new EdgeClient(stack.url).request('GET', '/health/ready');
    const lines = (): number => stack.services.gateway.log.split('not ready').length - 1;

    const many = await Promise.all(Array.from({ length: 200 }, ready));
    expect(new Set(many.map(({ status }) => status))).toEqual(new Set([200]));

    await stack.kill('auth');
    await eventually(async () => (await ready()).status === 503, '/health/ready is 503');
    const down = await Promise.all(Array.from({ length: 100 }, ready));
    await stack.restart('auth');

    expect(new Set(down.map(({ status }) => status))).toEqual(new Set([503]));
    expect(lines()).toBe(1);
    expect(stack.services.gateway.log).not.toContain('/health/ready');
    await eventually(() => stack.services.gateway.log.includes('ready again'), 'the change is logged');
  });
});
