import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket as Stream } from 'node:net';
import { Server, type Socket } from 'socket.io';
import { io } from 'socket.io-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeJointly } from './joint-writes.js';

const EVENTS = 6;

describe('what is sent to a socket in one turn', () => {
  const http = createServer();
  let server: Server;

  beforeEach(async () => {
    server = new Server(http);
    writeJointly(server.engine);
    await once(http.listen(0, '127.0.0.1'), 'listening');
  });
  afterEach(() => server.close());

  /** Sends some events at once. @returns what arrived, and in how many writes it left */
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

  it('leaves in two writes, the first alone and the others jointly, and arrives in order', async () => {
    expect(await sent('websocket')).toEqual({ arrived: inOrder, writes: 2 });
  });

  it('arrives by long polling too', async () => {
    expect((await sent('polling')).arrived).toEqual(inOrder);
  });
});
