import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { EdgeClient, eventually, Stack, type EdgeAnswer } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

/** Nothing here depends on how fast the machine is; what goes wrong takes tens of seconds. */
const BOUND_MS = 10_000;
const LONG_TEXT = '😀'.repeat(4_000);

let stack: Stack;

beforeAll(async () => {
  stack = await Stack.start({ SOCKETS_PER_ADDRESS: '1000' });
});
afterAll(() => stack.stop());

/** A connection of somebody who keeps to no rule. */
function connection(bytes = ''): Socket {
  const socket = connect(stack.port, '127.0.0.1').on('error', () => undefined);
  if (bytes !== '') socket.write(bytes);
  onTestFinished(() => void socket.destroy());
  return socket;
}

/** A request as bytes. */
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

describe('a stranger who does not wait for answers', () => {
  it('keeps nobody else waiting, and takes no memory', async () => {
    const user = await EdgeClient.signedUp(stack.url);
    const flood = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(40_000);
    const before = await memoryMiB();
    const sockets = Array.from({ length: 8 }, () => connection(flood).resume());
    // A connection whose requests are too much for all that may wait is ended.
    await eventually(
      () => sockets.every(({ bytesRead, destroyed }) => bytesRead > 0 || destroyed),
      'the flood is being answered',
    );

    const began = performance.now();
    const { status } = await user.call('GET', '/auth/me');
    const waited = performance.now() - began;
    const taken = (await memoryMiB()) - before;

    expect(status).toBe(200);
    expect(waited).toBeLessThan(BOUND_MS);
    expect(taken).toBeLessThan(250);
  });
});

describe('an address with many connections', () => {
  it('has 1,000 beside its WebSockets, and one more is closed', async () => {
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
    await eventually(() => upgraded.every(({ bytesRead }) => bytesRead > 0), 'they are WebSockets');

    const sockets = Array.from({ length: 1_050 }, open);

    await eventually(() => sockets.filter(({ destroyed }) => destroyed).length === 50, '50 are closed');
    expect(upgraded.some(({ destroyed }) => destroyed)).toBe(false);
    expect((await user.call('GET', '/auth/me')).status).toBe(200);
  });
});

describe('a session that ended while a body came', () => {
  it.each([
    [
      'a message',
      'POST',
      (chatId: string) => `/chats/${chatId}/messages`,
      () => ({ clientMessageId: randomUUID(), text: 'late' }),
    ],
    ['a new name', 'PATCH', (chatId: string) => `/chats/${chatId}`, () => ({ name: 'late' })],
    ['a new chat', 'POST', () => '/chats', () => ({ name: 'late' })],
    ['a join', 'POST', () => '/chats/join', () => ({ key: 'late' })],
    ['an erasure', 'DELETE', (chatId: string) => `/chats/${chatId}`, () => ({})],
  ])('does nothing more: %s', async (_, method, path, body) => {
    const owner = await EdgeClient.signedUp(stack.url);
    const { chat } = await owner.createChat('before');
    const thief = new EdgeClient(stack.url);
    await thief.call('POST', '/auth/login', {
      username: owner.user?.username,
      password: EdgeClient.password,
    });
    const bytes = bytesOf(thief, method, path(chat.id), body());
    const socket = connection(bytes.slice(0, -1));
    // The request has come as far as its body: the chat's other calls of the same session are answered.
    await thief.call('GET', '/auth/me');

    await thief.call('POST', '/auth/logout');
    socket.write(bytes.slice(-1));
    const answer = await firstAnswer(socket);

    expect(answer).toContain('401 Unauthorized');
    expect(answer).toContain('UNAUTHENTICATED');
    const { body: after } = await owner.call('GET', `/chats/${chat.id}`);
    expect(after['chat']).toMatchObject({ name: 'before', lastSeq: 0 });
  });

  it('a body that does not come within 10 s is refused', async () => {
    const client = await EdgeClient.signedUp(stack.url);
    const socket = connection(bytesOf(client, 'POST', '/chats', { name: 'x' }, 1_000));

    const answer = await text(socket);

    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('VALIDATION_FAILED');
  });
});

/** What arrives on a connection until an answer is whole. */
async function firstAnswer(socket: Socket): Promise<string> {
  let answer = '';
  socket.setEncoding('utf8').on('data', (part: string) => (answer += part));
  await eventually(() => answer.includes('\r\n\r\n') && answer.endsWith('}'), 'the answer is there');
  return answer;
}

describe('large pages', () => {
  it('end at about 512 KiB with hasMore, in each direction, and lead to every message once', async () => {
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

  it('end also where text takes more room as JSON than in the store', async () => {
    const client = await EdgeClient.signedUp(stack.url);
    const { chat } = await client.createChat();
    for (let i = 0; i < 40; i++) await client.send(chat.id, `x${'\u0001'.repeat(3_999)}`);

    const page = await client.page(chat.id, '?limit=200');

    expect(page.hasMore).toBe(true);
    expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(600_000);
  });

  it('are read at 4 MiB a second by a user', async () => {
    const client = await EdgeClient.signedUp(stack.url);
    const { chat } = await client.createChat();
    for (let i = 0; i < 40; i++) await client.send(chat.id, LONG_TEXT);
    const began = performance.now();

    await Promise.all(Array.from({ length: 6 }, () => client.page(chat.id, '?limit=200')));

    // Of each 512 KiB but the first, what is beyond 64 KiB; without a limit they take a quarter of that.
    expect(performance.now() - began).toBeGreaterThan(400);
  });

  it('are read 8 at a time by a user who reads no answers, while others are served', async () => {
    const client = await EdgeClient.signedUp(stack.url);
    const other = await EdgeClient.signedUp(stack.url);
    const { chat } = await client.createChat();
    for (let i = 0; i < 40; i++) await client.send(chat.id, LONG_TEXT);
    const path = `/chats/${chat.id}/messages?limit=200`;

    // More than the system takes in for a connection that is not read.
    const bytes = bytesOf(client, 'GET', path).repeat(30);
    const sockets = Array.from({ length: 12 }, () => connection(bytes).pause());
    const waiting = await eventually(async () => {
      const answer = client.call('GET', path);
      const outcome = await Promise.race([answer.then(() => 'answered'), pause(2_000, 'waits')]);
      return outcome === 'waits' && { answer };
    }, 'one more has to wait');
    const { status } = await other.call('GET', '/chats');
    for (const socket of sockets) socket.destroy();

    expect(status).toBe(200);
    expect((await waiting.answer).status).toBe(200);
  });
});

describe('an export', () => {
  const MESSAGES = 500;
  let made: Promise<{ client: EdgeClient; chatId: string }> | undefined;

  /** Someone with more to export than connections hold. */
  const withMuch = (): typeof made & object => (made ??= makeMuch());

  async function makeMuch(): Promise<{ client: EdgeClient; chatId: string }> {
    const client = await EdgeClient.signedUp(stack.url);
    const { chat } = await client.createChat('much');
    for (let round = 0; round < MESSAGES / 50; round++)
      await Promise.all(Array.from({ length: 50 }, () => client.send(chat.id, LONG_TEXT)));
    return { client, chatId: chat.id };
  }

  it('is one at a time, ends with its session, and has what there was when it began', async () => {
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

  it('has nothing that was written after it began', async () => {
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
  it('is asked for once for all who ask within a second, and logged when it changes', async () => {
    const ask = (): Promise<EdgeAnswer> => new EdgeClient(stack.url).request('GET', '/health/ready');
    const lines = (): number => stack.services.gateway.log.split('not ready').length - 1;

    const many = await Promise.all(Array.from({ length: 200 }, ask));
    expect(new Set(many.map(({ status }) => status))).toEqual(new Set([200]));

    await stack.kill('auth');
    await eventually(async () => (await ask()).status === 503, 'it is not ready');
    const down = await Promise.all(Array.from({ length: 100 }, ask));
    await stack.restart('auth');

    expect(new Set(down.map(({ status }) => status))).toEqual(new Set([503]));
    expect(lines()).toBe(1);
    expect(stack.services.gateway.log).not.toContain('/health/ready');
    await eventually(() => stack.services.gateway.log.includes('ready again'), 'the change is logged');
  });
});
