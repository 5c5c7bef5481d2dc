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
/** Someone whose session ends while all other tests run, without a word of it. */
let forgotten: { readonly client: EdgeClient; readonly socket: TestSocket };

beforeAll(async () => {
  stack = await Stack.start();
  const client = await EdgeClient.signedUp(stack.url);
  clients.push(client);
  forgotten = { client, socket: await client.connect() };
  inside('auth.db', (db) => db.prepare('DELETE FROM sessions WHERE user_id = ?').run(client.id));
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

/** Works on a database of the product from outside. */
function inside<T>(file: string, work: (database: Database.Database) => T): T {
  const database = new Database(join(stack.dataDir, file));
  try {
    return work(database);
  } finally {
    database.close();
  }
}

/** A websocket by hand, with a Socket.IO connection on it, that reads nothing from then on but says that it lives. */
async function deafSocket(cookie: string): Promise<{ socket: Socket; stop: () => void }> {
  const socket = connect(stack.port, '127.0.0.1');
  // A reset is the end that is waited for.
  socket.on('error', () => undefined);
  socket.write(
    `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:${stack.port}\r\nCookie: ${cookie}\r\n` +
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
  );
  let heard = '';
  socket.on('data', (part: Buffer) => (heard += part.toString('latin1')));
  await eventually(() => heard.includes('pingInterval'), 'Engine.IO is open');
  socket.write(frame(1, Buffer.from('40')));
  await eventually(() => heard.includes('40{'), 'Socket.IO is open');
  socket.pause();
  const alive = setInterval(() => socket.write(frame(1, Buffer.from('3'))), 500);
  const stop = (): void => {
    clearInterval(alive);
    socket.destroy();
  };
  return { socket, stop };
}

describe('a socket that stops reading', () => {
  it(
    'is cut before it costs 4 MiB, and its user misses nothing',
    async () => {
      const { ann, bob, chatId } = await pair();
      const socket = await ann.connect();
      const deaf = await deafSocket(bob.cookie);
      const cut = (): RegExpExecArray | null =>
        /"bytes":(\d+).*closed a socket that stopped reading/.exec(stack.services.gateway.log);
      const text = '한'.repeat(4_000);

      let sent = 0;
      // The system takes some MiB before the gateway has to keep anything.
      while (!cut() && sent < 4_000) {
        const some = Array.from({ length: 20 }, () =>
          socket.ask('message:send', { chatId, clientMessageId: randomUUID(), text }),
        );
        for (const ack of await Promise.all(some)) expect(ack['ok']).toBe(true);
        sent += some.length;
      }
      await eventually(() => cut(), 'it is cut');
      deaf.stop();

      const again = await bob.connect();
      await ann.send(chatId, 'the last one');
      await eventually(() => again.of('message:new').length === 1, 'the next socket hears of what is new');
      const missed: Message[] = [];
      for (let more = true; more;) {
        const page = await bob.page(chatId, `?after=${missed.length}&limit=200`);
        missed.push(...page.messages);
        more = page.hasMore;
      }
      expect(Number(cut()?.[1])).toBeLessThan(4 * MEBIBYTE);
      expect(missed).toHaveLength(sent + 1);
      expect(missed.every((message) => message.text === text || message.seq === sent + 1)).toBe(true);
    },
    LIMIT_MS,
  );
});

describe('a user with 200 sockets', () => {
  it(
    'gets every message on each of them, in order',
    async () => {
      const { ann, bob, chatId } = await pair();
      const sockets = await Promise.all(Array.from({ length: 200 }, () => bob.connect()));

      for (let i = 1; i <= 10; i++) await ann.send(chatId, `m${i}`);

      const heard = (of: (typeof sockets)[number]): number[] =>
        of.of('message:new').map(({ message }) => message.seq);
      for (const socket of sockets)
        await eventually(() => heard(socket).length >= 10, 'each socket hears all');
      for (const socket of sockets) expect(heard(socket)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
      bob.close();
    },
    LIMIT_MS,
  );
});

describe('a page of history under constant writing', () => {
  it(
    'is whole and in order, and says truly whether more lies ahead',
    async () => {
      const { ann, bob, chatId } = await pair();
      const socket = await ann.connect();
      const work = { goesOn: true };
      let sent = 0;
      const writer = async (): Promise<void> => {
        while (work.goesOn) {
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
      work.goesOn = false;
      await writers;

      expect((await bob.page(chatId, '?limit=1')).messages[0]?.seq).toBe(sent);
    },
    LIMIT_MS,
  );
});

describe('an event that is never confirmed', () => {
  it(
    'is seen in the health of the product, and keeps no other from being confirmed',
    async () => {
      const { ann, chatId } = await pair();
      inside('chat.db', (db) =>
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
      }, 'all others are confirmed');
      expect(status).toBe(200);
      expect(body['events']).toMatchObject({ late: true });
      await eventually(
        () => stack.services.chat.log.includes('an event is not confirmed yet'),
        'the log says so',
      );
    },
    LIMIT_MS,
  );
});

describe('a session that ended while the word of it was lost', () => {
  it(
    'has its sockets told and cut by the next check',
    async () => {
      const { client, socket } = forgotten;

      // A session is believed for 20 s and checked every 10 s.
      await EdgeClient.disconnected(socket, 60_000);

      expect(socket.of('session:ended')).toEqual([{ reason: 'revoked' }]);
      expect((await client.call('GET', '/auth/me')).status).toBe(401);
    },
    LIMIT_MS,
  );
});
