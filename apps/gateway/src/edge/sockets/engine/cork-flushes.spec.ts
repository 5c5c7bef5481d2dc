import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket as Stream } from 'node:net';
import { Server, type Socket } from 'socket.io';
import { io } from 'socket.io-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { corkFlushes } from './cork-flushes.js';

const EVENTS = 6;

describe('events that are emitted to a socket together', () => {
  const http = createServer();
  let server: Server;

  beforeEach(async () => {
    server = new Server(http);
    corkFlushes(server.engine);
    await once(http.listen(0, '127.0.0.1'), 'listening');
  });
  afterEach(() => server.close());

  /** Emits some events without yielding. @returns the events that arrived, and the number of writes to the socket */
  async function sent(transport: 'websocket' | 'polling'): Promise<{ arrived: number[]; writes: number }> {
    const { port } = http.address() as AddressInfo;
    const client = io(`http://127.0.0.1:${port}`, { transports: [transport], reconnection: false });
    const [connected] = (await once(server, 'connection')) as [Socket];
    await once(client as never, 'connect');
    const arrived: number[] = [];
    const all = new Promise((done) =>
      client.on('event', (number: number) => arrived.push(number) === EVENTS && done(undefined)),
    );
    let writes = 0;
    const websocket = Reflect.get(connected.conn.transport, 'socket') as object | undefined;
    const stream = websocket && (Reflect.get(websocket, '_socket') as Stream);
    const write = stream && (Reflect.get(stream, '_writev') as NonNullable<Stream['_writev']>);
    if (write)
      Reflect.set(stream, '_writev', (...args: Parameters<typeof write>) => {
        writes++;
        write.apply(stream, args);
      });

    for (let number = 0; number < EVENTS; number++) connected.emit('event', number);
    await all;

    client.close();
    return { arrived, writes };
  }

  const inOrder = Array.from({ length: EVENTS }, (_, number) => number);

  it('take two writes, one for the first and one for all others, and arrive in order', async () => {
    expect(await sent('websocket')).toEqual({ arrived: inOrder, writes: 2 });
  });

  it('arrive in order by long polling too', async () => {
    expect((await sent('polling')).arrived).toEqual(inOrder);
  });
});
