import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { setTimeouts } from './timeouts.js';

const DURATIONS = { headersMs: 200, requestMs: 400, stallMs: 1_000, idleMs: 60_000, checkMs: 50 };
const CHUNK = Buffer.alloc(1_048_576);

/** Starts a server with the timeouts above. @returns a function that connects to it */
async function served(listener: RequestListener): Promise<() => Socket> {
  const server = createServer(listener);
  setTimeouts(server, DURATIONS);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return () => connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
}

test.each([
  ['that sends nothing', ''],
  ['whose headers do not end', 'GET / HTTP/1.1\r\nHost: here\r\nX-Slow: '],
  ['whose body does not arrive', 'POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 10\r\n\r\n'],
  [
    'whose body does not arrive after 100-continue',
    'POST / HTTP/1.1\r\nHost: here\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n',
  ],
])('closes a connection %s with 408', async (_, bytes) => {
  const open = await served((request, response) => {
    request.resume().on('end', () => response.end());
  });
  const socket = open();
  socket.write(bytes);

  expect(await text(socket)).toMatch(/HTTP\/1\.1 408 Request Timeout/);
});

test('closes a connection on which nobody reads the answer, and the response emits close', async () => {
  const closed: boolean[] = [];
  const open = await served((_request, response) => {
    const write = (): void => {
      while (response.write(CHUNK));
    };
    response.on('drain', write).on('close', () => closed.push(response.writableFinished));
    write();
  });
  const socket = open();
  socket.pause();
  socket.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n');

  await expect.poll(() => closed, { timeout: 20_000 }).toEqual([false]);
});

test('keeps the connection of a slow reader', async () => {
  const total = 64;
  const open = await served((_request, response) => {
    let sent = 0;
    const write = (): void => {
      while (sent < total && response.write(CHUNK)) sent++;
      if (sent++ >= total) response.end();
    };
    response.on('drain', write);
    write();
  });
  const socket = open();
  socket.write('GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n');

  let bytes = 0;
  for await (const part of socket) {
    bytes += (part as Buffer).length;
    // In total longer than the timeout, but far shorter between two pieces.
    if (bytes % 7 === 0) await new Promise((done) => setTimeout(done, 5));
  }

  expect(bytes).toBeGreaterThan(total * CHUNK.length);
});
