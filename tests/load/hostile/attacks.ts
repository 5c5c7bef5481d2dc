import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { frame, type Attacker } from './attacker.js';

/** What an attack is given. */
export interface Scene {
  /** Has an account and is the only one in `chatId`. */
  readonly mallory: Attacker;
  readonly username: string;
  readonly chatId: string;
  /** Has no account. */
  readonly stranger: Attacker;
  readonly dataDir: string;
  /** Ends the attack: it is over when this is aborted, and has a limited count of everything before. */
  readonly over: AbortSignal;
}

type Attack = (scene: Scene) => Promise<void>;

const LONG_TEXT = '😀'.repeat(4_000);
const EMIT_MS = 20;

/** Repeats something until the attack is over, so often at once. Failures are what an attacker expects. */
async function repeatedly(
  { over }: Scene,
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

/** Does something at a steady pace until the attack is over. */
async function everyTick({ over }: Scene, limit: number, work: (i: number) => void): Promise<void> {
  for (let i = 0; i < limit && !over.aborted; i++) {
    work(i);
    await wait(EMIT_MS);
  }
}

const send = ({ mallory, chatId }: Scene, text: string): Promise<unknown> =>
  mallory.call('POST', `/chats/${chatId}/messages`, { clientMessageId: randomUUID(), text });

const CONNECT = frame(1, '40');
const messageFrame = (chatId: string, text: string): Buffer =>
  frame(1, `42${JSON.stringify(['message:send', { chatId, clientMessageId: randomUUID(), text }])}`);

/** Every attack by its name. */
export const ATTACKS: Readonly<Record<string, Attack>> = {
  'pipelined requests without an account': async (scene) => {
    const requests = 'GET /api/v1/auth/me HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(2_000);
    const sockets = Array.from({ length: 8 }, () => scene.stranger.connection());
    await everyTick(scene, 10, () => {
      for (const socket of sockets) if (socket.writableLength < 4e6) socket.write(requests);
    });
    await wait(8_000, undefined, { signal: scene.over }).catch(() => undefined);
  },
  'requests given up at once': (scene) =>
    repeatedly(scene, 20, 5_000, async () => {
      const socket = scene.mallory.connection();
      socket.end(`GET /api/v1/chats HTTP/1.1\r\nHost: localhost\r\nCookie: ${scene.mallory.cookie}\r\n\r\n`);
      await wait(2);
      socket.destroy();
    }),
  'endless fragments of one byte, 200 connections without a cookie': async (scene) => {
    const sockets = Array.from({ length: 200 }, () => scene.stranger.webSocket(''));
    const fragments = Buffer.concat(Array.from({ length: 2_000 }, () => frame(0, 'x', false)));
    await wait(500);
    for (const socket of sockets) socket.write(frame(1, 'x', false));
    await everyTick(scene, 500, (i) => {
      for (const socket of sockets.slice((i % 20) * 10, (i % 20) * 10 + 10))
        if (socket.writableLength < 1e6) socket.write(fragments);
    });
  },
  'frames of every kind': async (scene) => {
    const sockets = Array.from({ length: 20 }, () => scene.mallory.webSocket());
    const junk = Array.from({ length: 16 }, (_, opcode) => frame(opcode, randomBytes(100)));
    const pings = Buffer.concat(Array.from({ length: 100 }, () => frame(9, 'ping')));
    await everyTick(scene, 500, (i) => {
      const place = i % sockets.length;
      if (sockets[place]?.destroyed) sockets[place] = scene.mallory.webSocket();
      const socket = sockets[place];
      if (socket && socket.writableLength < 1e6) socket.write(i % 3 === 0 ? pings : (junk[i % 16] as Buffer));
    });
  },
  'slow readers': async (scene) => {
    const sockets = Array.from({ length: 30 }, () => scene.mallory.webSocket());
    await wait(500);
    for (const socket of sockets) socket.write(CONNECT);
    for (const socket of sockets) socket.pause();
    await repeatedly(scene, 4, 2_000, () => send(scene, LONG_TEXT));
  },
  'slow writers': async (scene) => {
    const sockets = Array.from({ length: 400 }, () => scene.stranger.connection());
    for (const socket of sockets)
      socket.write(
        'POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n',
      );
    await everyTick(scene, 500, () => {
      for (const socket of sockets) if (!socket.destroyed) socket.write(' ');
    });
  },
  'big pages of history, 50 in flight': async (scene) => {
    for (let i = 0; i < 50 && !scene.over.aborted; i++) await send(scene, LONG_TEXT);
    await repeatedly(scene, 50, 5_000, () =>
      scene.mallory.call('GET', `/chats/${scene.chatId}/messages?limit=200`),
    );
  },
  'exports that nobody reads': async (scene) => {
    await Promise.all(
      Array.from({ length: 60 }, () =>
        scene.mallory.open('GET', '/api/v1/auth/export').catch(() => undefined),
      ),
    );
    await wait(8_000, undefined, { signal: scene.over }).catch(() => undefined);
  },
  'many chats, then the list of them': async (scene) => {
    await repeatedly(scene, 10, 1_200, () => scene.mallory.call('POST', '/chats', {}));
    await repeatedly(scene, 20, 2_000, () => scene.mallory.call('GET', '/chats'));
  },
  'fan-out of 16 kB messages to 240 sockets of one user': async (scene) => {
    const sockets = Array.from({ length: 240 }, () => scene.mallory.webSocket());
    await wait(1_000);
    for (const socket of sockets) socket.resume().write(CONNECT);
    await wait(500);
    await everyTick(scene, 500, (i) => sockets[i % 240]?.write(messageFrame(scene.chatId, LONG_TEXT)));
  },
  'handshakes with made-up cookies': (scene) =>
    repeatedly(scene, 50, 10_000, async () => {
      const [name = ''] = scene.mallory.cookie.split('=', 1);
      const socket = scene.stranger.webSocket(`${name}=${randomBytes(32).toString('base64url')}`);
      socket.resume().write(CONNECT);
      await wait(50);
      socket.destroy();
    }),
  'sockets that leave their namespace and stay': (scene) =>
    repeatedly(scene, 10, 2_000, async () => {
      const socket = scene.mallory.webSocket();
      socket.resume().write(CONNECT);
      await wait(100);
      socket.write(frame(1, '41'));
    }),
  'joining and leaving again and again': async (scene) => {
    const { body } = await scene.mallory.call('POST', '/chats', {});
    const { key } = body as { key?: string };
    await repeatedly(scene, 8, 2_000, async () => scene.mallory.call('POST', '/chats/join', { key }));
  },
  'asking for readiness': (scene) =>
    repeatedly(scene, 50, 20_000, () =>
      scene.stranger.open('GET', '/health/ready').then((answer) => answer.resume()),
    ),
  'guessing the current password, 200 in flight': (scene) =>
    repeatedly(scene, 200, 2_000, () =>
      scene.mallory.call('PUT', '/auth/password', {
        currentPassword: randomUUID(),
        newPassword: randomUUID(),
      }),
    ),
  'guessing a log-in, 50 in flight': (scene) =>
    repeatedly(scene, 50, 2_000, () =>
      scene.stranger.call('POST', '/auth/login', { username: scene.username, password: randomUUID() }),
    ),
  'a foreign reader on gateway.db': async (scene) => {
    const db = new Database(join(scene.dataDir, 'gateway.db'), { readonly: true });
    try {
      db.exec('BEGIN');
      db.prepare('SELECT count(*) FROM sqlite_schema').get();
      await repeatedly(scene, 1, 20, async () => {
        const { body } = await scene.mallory.call('POST', `/chats/${scene.chatId}/messages`, {
          clientMessageId: randomUUID(),
          text: 'soon deleted',
        });
        const { message } = body as { message?: { id: string } };
        await scene.mallory.call('DELETE', `/chats/${scene.chatId}/messages/${message?.id ?? ''}`);
        await wait(300);
      });
    } finally {
      db.close();
    }
  },
};
