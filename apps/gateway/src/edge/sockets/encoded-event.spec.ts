import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { io } from 'socket.io-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EncodedEvent } from './encoded-event.js';
import type { UserSocket } from './engine/user-socket.js';

/** Texts around the lengths at which a frame's header changes, with characters of one to four bytes. */
const TEXTS = [
  '',
  'a'.repeat(60),
  'ä'.repeat(100),
  '한'.repeat(30_000),
  '😀'.repeat(40_000),
  '\u2028"\\\u0000',
];

describe('EncodedEvent', () => {
  const http = createServer();
  let server: Server;

  beforeEach(async () => {
    server = new Server(http, { perMessageDeflate: false, maxHttpBufferSize: 1_000_000 });
    await once(http.listen(0, '127.0.0.1'), 'listening');
  });
  afterEach(() => server.close());

  it('arrives at every socket as with `emit`, in order with other events', async () => {
    const { port } = http.address() as AddressInfo;
    const sockets: UserSocket[] = [];
    server.on('connection', (socket) => sockets.push(socket as unknown as UserSocket));
    const transports = ['websocket', 'websocket', 'polling', 'websocket'] as const;
    const arrived = await Promise.all(
      transports.map(async (transport) => {
        const client = io(`http://127.0.0.1:${port}`, {
          transports: [transport],
          reconnection: false,
          forceNew: true,
        });
        const events: unknown[] = [];
        const all = new Promise<unknown[]>((done) => {
          client.onAny((name: string, payload: unknown) => {
            events.push([name, payload]);
            if (name === 'last') done(events);
          });
        });
        await once(client as never, 'connect');
        return { all, client };
      }),
    );

    for (const text of TEXTS) {
      const event = new EncodedEvent('text', { text });
      for (const socket of sockets) event.writeTo(socket);
      for (const socket of sockets) socket.emit('chat:deleted', { chatId: text.slice(0, 10) });
    }
    const last = new EncodedEvent('last', {});
    for (const socket of sockets) last.writeTo(socket);

    const expected = [
      ...TEXTS.flatMap((text) => [
        ['text', { text }],
        ['chat:deleted', { chatId: text.slice(0, 10) }],
      ]),
      ['last', {}],
    ];
    for (const { all, client } of arrived) {
      expect(await all).toEqual(expected);
      client.close();
    }
  });
});
