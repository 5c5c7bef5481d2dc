import { randomBytes, randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Message } from '@app/contracts/edge';
import { EdgeClient, eventually, Stack, type TestSocket } from '@app/testing';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { frame } from './fuzz/doors.js';

const LIMIT_MS = 120_000;
const MEBIBYTE = 1_048_576;

let stack: Stack;
const clients: EdgeClient[] = [];
/** A user whose session is deleted without an event before the tests. The last test waits for the check that finds it. */
let deletedSession: { readonly client: EdgeClient; readonly socket: TestSocket };

beforeAll(async () => {
  stack = await Stack.start();
  const client = await EdgeClient.signedUp(stack.url);
  clients.push(client);
  deletedSession = { client, socket: await client.connect() };
  inDatabase('auth.db', (db) => db.prepare('DELETE FROM sessions WHERE user_id = ?').run(client.id));
});
afterAll(async () => {
  for (const client of clients) client.close();
  await stack.stop();
});

async function pair(): Promise<{ ann: EdgeClient; bob: EdgeClient; chatId: string }> {
  const [ann, bob] = await Promise.all([EdgeClient.signedUp(stack.url), EdgeClient.signedUp(stack.url)]);
  clients.push(ann, bob);
  const { chat, key } = await ann.createChat();
  await bob.join(key);
  return { ann, bob, chatId: chat.id };
}

/** Opens a database beside the running product. */
function inDatabase<T>(file: string, work: (database: Database.Database) => T): T {
  const database = new Database(join(stack.dataDir, file));
  try {
    return work(database);
  } finally {
    database.close();
  }
}

/** Opens a raw WebSocket with a Socket.IO connection that reads nothing more, but still answers pings. */
async function stalledSocket(cookie: string): Promise<{ socket: Socket; stop: () => void }> {
  const socket = connect(stack.port, '127.0.0.1');
  // The server ends the connection with a reset.
  socket.on('error', () => undefined);
  socket.write(
    `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:${stack.port}\r\nCookie: ${cookie}\r\n` +
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
  );
  let received = '';
  socket.on('data', (part: Buffer) => (received += part.toString('latin1')));
  await eventually(() => received.includes('pingInterval'), 'Engine.IO is open');
  socket.write(frame(1, Buffer.from('40')));
  await eventually(() => received.includes('40{'), 'Socket.IO is open');
  socket.pause();
  const pongs = setInterval(() => socket.write(frame(1, Buffer.from('3'))), 500);
  const stop = (): void => {
    clearInterval(pongs);
    socket.destroy();
  };
  return { socket, stop };
}

describe('a socket that stops reading', () => {
  it(
    'is closed before 4 MiB wait for it, and its user misses no message',
    async () => {
      const { ann, bob, chatId } = await pair();
      const socket = await ann.connect();
      const stalled = await stalledSocket(bob.cookie);
      const closed = (): RegExpExecArray | null =>
        /"bytes":(\d+).*closed a socket that stopped reading/.exec(stack.services.gateway.log);
      const text = '한'.repeat(4_000);

      let sent = 0;
      // The kernel buffers some MiB before the gateway has to.
      while (!closed() && sent < 4_000) {
        const some = Array.from({ length: 20 }, () =>
          socket.ask('message:send', { chatId, clientMessageId: randomUUID(), text }),
        );
        for (const ack of await Promise.all(some)) expect(ack['ok']).toBe(true);
        sent += some.length;
      }
      await eventually(() => closed(), 'the socket is closed');
      stalled.stop();

      const again = await bob.connect();
      await ann.send(chatId, 'the last one');
      await eventually(() => again.of('message:new').length === 1, 'message:new arrives at the next socket');
      const missed: Message[] = [];
      for (let more = true; more;) {
        const page = await bob.page(chatId, `?after=${missed.length}&limit=200`);
        missed.push(...page.messages);
        more = page.hasMore;
      }
      expect(Number(closed()?.[1])).toBeLessThan(4 * MEBIBYTE);
      expect(missed).toHaveLength(sent + 1);
      expect(missed.every((message) => message.text === text || message.seq === sent + 1)).toBe(true);
    },
    LIMIT_MS,
  );
});

describe('a user with 200 sockets', () => {
  it(
    'receives every message on each of them in order',
    async () => {
      const { ann, bob, chatId } = await pair();
      const sockets = await Promise.all(Array.from({ length: 200 }, () => bob.connect()));

      for (let i = 1; i <= 10; i++) await ann.send(chatId, `m${i}`);

      const seqsOf = (of: (typeof sockets)[number]): number[] =>
        of.of('message:new').map(({ message }) => message.seq);
      for (const socket of sockets)
        await eventually(() => seqsOf(socket).length >= 10, 'all messages arrive at each socket');
      for (const socket of sockets) expect(seqsOf(socket)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
      bob.close();
    },
    LIMIT_MS,
  );
});

describe('a page of history during constant writes', () => {
  it(
    'is complete and in order, with a correct hasMore',
    async () => {
      const { ann, bob, chatId } = await pair();
      const socket = await ann.connect();
      const writing = { continues: true };
      let sent = 0;
      const writer = async (): Promise<void> => {
        while (writing.continues) {
          const clientMessageId = randomUUID();
          const ack = await socket.ask('message:send', { chatId, clientMessageId, text: 'x' });
          expect(ack['ok']).toBe(true);
          sent++;
        }
      };
      const writers = Promise.all(Array.from({ length: 8 }, writer));

      let next = 1;
      for (let pages = 0; pages < 40; pages++) {
        const acknowledged = sent;
        const ahead = await bob.page(chatId, `?after=${next - 1}&limit=50`);
        const newest = await bob.page(chatId, '?limit=20');
        expect(ahead.messages.map(({ seq }) => seq)).toEqual(ahead.messages.map((_, i) => next + i));
        const seqs = newest.messages.map(({ seq }) => seq);
        const [first = 0] = seqs;
        expect(seqs).toEqual(seqs.map((_, i) => first + i));
        expect(seqs.at(-1) ?? 0).toBeGreaterThanOrEqual(acknowledged);
        expect(ahead.messages.length === 50 || !ahead.hasMore).toBe(true);
        expect([...ahead.messages, ...newest.messages].every((message) => !message.damaged)).toBe(true);
        next += ahead.messages.length;
      }
      writing.continues = false;
      await writers;

      expect((await bob.page(chatId, '?limit=1')).messages[0]?.seq).toBe(sent);
    },
    LIMIT_MS,
  );
});

describe('an outbox event that is never confirmed', () => {
  it(
    'is reported by /health/ready, and does not delay other events',
    async () => {
      const { ann, chatId } = await pair();
      inDatabase('chat.db', (db) =>
        db
          .prepare('INSERT INTO outbox (subject, payload, pending, created_at) VALUES (?, ?, ?, ?)')
          .run('event.chat.deleted', '{"not":"an event"}', 'gateway', Date.now() - 120_000),
      );

      const deleted = await ann.call('DELETE', `/chats/${chatId}`);

      expect(deleted.status).toBe(200);
      const { status, body } = await eventually(async () => {
        const health = await ann.request('GET', '/health/ready');
        const events = health.body['events'] as { pending: { service: string; pending: number }[] };
        const left = events.pending.find(({ service }) => service === 'chat');
        return left?.pending === 1 ? health : undefined;
      }, 'all other events are confirmed');
      expect(status).toBe(200);
      expect(body['events']).toMatchObject({ late: true });
      await eventually(
        () => stack.services.chat.log.includes('an event is not confirmed yet'),
        'the log reports it',
      );
    },
    LIMIT_MS,
  );
});

describe('a session that ended without an event', () => {
  it(
    'is found by the next check, which emits session:ended and closes its sockets',
    async () => {
      const { client, socket } = deletedSession;

      // The gateway caches a session for 20 s, and checks those of sockets every 10 s.
      await EdgeClient.disconnected(socket, 60_000);

      expect(socket.of('session:ended')).toEqual([{ reason: 'revoked' }]);
      expect((await client.call('GET', '/auth/me')).status).toBe(401);
    },
    LIMIT_MS,
  );
});
