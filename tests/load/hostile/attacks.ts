import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { frame, type Attacker } from './attacker.js';

/** The parameters of an attack. */
export interface AttackContext {
  /** An attacker with an account, the only member of `chatId`. */
  readonly mallory: Attacker;
  readonly username: string;
  readonly chatId: string;
  /** An attacker without an account. */
  readonly stranger: Attacker;
  readonly dataDir: string;
  /** Aborted at the end of the attack. Each attack also limits its number of actions. */
  readonly over: AbortSignal;
}

type Attack = (context: AttackContext) => Promise<void>;

const LONG_TEXT = '😀'.repeat(4_000);
const EMIT_MS = 20;

/** Repeats work concurrently until the end of the attack, and ignores failures. */
async function repeatedly(
  { over }: AttackContext,
  inFlight: number,
  limit: number,
  work: () => Promise<unknown>,
): Promise<void> {
  let left = limit;
  const one = async (): Promise<void> => {
    while (!over.aborted && left-- > 0) {
      await work().catch(() => wait(EMIT_MS));
    }
  };
  await Promise.all(Array.from({ length: inFlight }, one));
}

/** Repeats work at a fixed interval until the end of the attack. */
async function everyTick({ over }: AttackContext, limit: number, work: (i: number) => void): Promise<void> {
  for (let i = 0; i < limit && !over.aborted; i++) {
    work(i);
    await wait(EMIT_MS);
  }
}

const send = ({ mallory, chatId }: AttackContext, text: string): Promise<unknown> =>
  mallory.call('POST', `/chats/${chatId}/messages`, { clientMessageId: randomUUID(), text });

const CONNECT = frame(1, '40');
const messageFrame = (chatId: string, text: string): Buffer =>
  frame(1, `42${JSON.stringify(['message:send', { chatId, clientMessageId: randomUUID(), text }])}`);

/** The attacks by name. */
export const ATTACKS: Readonly<Record<string, Attack>> = {
  'pipelined requests without an account': async (context) => {
    const requests = 'GET /api/v1/auth/me HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(2_000);
    const sockets = Array.from({ length: 8 }, () => context.stranger.connection());
    await everyTick(context, 10, () => {
      for (const socket of sockets) if (socket.writableLength < 4e6) socket.write(requests);
    });
    await wait(8_000, undefined, { signal: context.over }).catch(() => undefined);
  },
  'requests given up at once': (context) =>
    repeatedly(context, 20, 5_000, async () => {
      const socket = context.mallory.connection();
      socket.end(
        `GET /api/v1/chats HTTP/1.1\r\nHost: localhost\r\nCookie: ${context.mallory.cookie}\r\n\r\n`,
      );
      await wait(2);
      socket.destroy();
    }),
  'endless fragments of one byte, 200 connections without a cookie': async (context) => {
    const sockets = Array.from({ length: 200 }, () => context.stranger.webSocket(''));
    const fragments = Buffer.concat(Array.from({ length: 2_000 }, () => frame(0, 'x', false)));
    await wait(500);
    for (const socket of sockets) socket.write(frame(1, 'x', false));
    await everyTick(context, 500, (i) => {
      for (const socket of sockets.slice((i % 20) * 10, (i % 20) * 10 + 10))
        if (socket.writableLength < 1e6) socket.write(fragments);
    });
  },
  'frames of every kind': async (context) => {
    const sockets = Array.from({ length: 20 }, () => context.mallory.webSocket());
    const junk = Array.from({ length: 16 }, (_, opcode) => frame(opcode, randomBytes(100)));
    const pings = Buffer.concat(Array.from({ length: 100 }, () => frame(9, 'ping')));
    await everyTick(context, 500, (i) => {
      const place = i % sockets.length;
      if (sockets[place]?.destroyed) sockets[place] = context.mallory.webSocket();
      const socket = sockets[place];
      if (socket && socket.writableLength < 1e6) socket.write(i % 3 === 0 ? pings : (junk[i % 16] as Buffer));
    });
  },
  'slow readers': async (context) => {
    const sockets = Array.from({ length: 30 }, () => context.mallory.webSocket());
    await wait(500);
    for (const socket of sockets) socket.write(CONNECT);
    for (const socket of sockets) socket.pause();
    await repeatedly(context, 4, 2_000, () => send(context, LONG_TEXT));
  },
  'slow writers': async (context) => {
    const sockets = Array.from({ length: 400 }, () => context.stranger.connection());
    for (const socket of sockets)
      socket.write(
        'POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n',
      );
    await everyTick(context, 500, () => {
      for (const socket of sockets) if (!socket.destroyed) socket.write(' ');
    });
  },
  'big pages of history, 50 in flight': async (context) => {
    for (let i = 0; i < 50 && !context.over.aborted; i++) await send(context, LONG_TEXT);
    await repeatedly(context, 50, 5_000, () =>
      context.mallory.call('GET', `/chats/${context.chatId}/messages?limit=200`),
    );
  },
  'exports that nobody reads': async (context) => {
    await Promise.all(
      Array.from({ length: 60 }, () =>
        context.mallory.open('GET', '/api/v1/auth/export').catch(() => undefined),
      ),
    );
    await wait(8_000, undefined, { signal: context.over }).catch(() => undefined);
  },
  'many chats, then the list of them': async (context) => {
    await repeatedly(context, 10, 1_200, () => context.mallory.call('POST', '/chats', {}));
    await repeatedly(context, 20, 2_000, () => context.mallory.call('GET', '/chats'));
  },
  'fan-out of 16 kB messages to 240 sockets of one user': async (context) => {
    const sockets = Array.from({ length: 240 }, () => context.mallory.webSocket());
    await wait(1_000);
    for (const socket of sockets) socket.resume().write(CONNECT);
    await wait(500);
    await everyTick(context, 500, (i) => sockets[i % 240]?.write(messageFrame(context.chatId, LONG_TEXT)));
  },
  'handshakes with made-up cookies': (context) =>
    repeatedly(context, 50, 10_000, async () => {
      const [name = ''] = context.mallory.cookie.split('=', 1);
      const socket = context.stranger.webSocket(`${name}=${randomBytes(32).toString('base64url')}`);
      socket.resume().write(CONNECT);
      await wait(50);
      socket.destroy();
    }),
  'sockets that leave their namespace and stay': (context) =>
    repeatedly(context, 10, 2_000, async () => {
      const socket = context.mallory.webSocket();
      socket.resume().write(CONNECT);
      await wait(100);
      socket.write(frame(1, '41'));
    }),
  'joining and leaving again and again': async (context) => {
    const { body } = await context.mallory.call('POST', '/chats', {});
    const { key } = body as { key?: string };
    await repeatedly(context, 8, 2_000, async () => context.mallory.call('POST', '/chats/join', { key }));
  },
  'asking for readiness': (context) =>
    repeatedly(context, 50, 20_000, () =>
      context.stranger.open('GET', '/health/ready').then((answer) => answer.resume()),
    ),
  'guessing the current password, 200 in flight': (context) =>
    repeatedly(context, 200, 2_000, () =>
      context.mallory.call('PUT', '/auth/password', {
        currentPassword: randomUUID(),
        newPassword: randomUUID(),
      }),
    ),
  'guessing a log-in, 50 in flight': (context) =>
    repeatedly(context, 50, 2_000, () =>
      context.stranger.call('POST', '/auth/login', { username: context.username, password: randomUUID() }),
    ),
  'a foreign reader on gateway.db': async (context) => {
    const db = new Database(join(context.dataDir, 'gateway.db'), { readonly: true });
    try {
      db.exec('BEGIN');
      db.prepare('SELECT count(*) FROM sqlite_schema').get();
      await repeatedly(context, 1, 20, async () => {
        const { body } = await context.mallory.call('POST', `/chats/${context.chatId}/messages`, {
          clientMessageId: randomUUID(),
          text: 'soon deleted',
        });
        const { message } = body as { message?: { id: string } };
        await context.mallory.call('DELETE', `/chats/${context.chatId}/messages/${message?.id ?? ''}`);
        await wait(300);
      });
    } finally {
      db.close();
    }
  },
};
