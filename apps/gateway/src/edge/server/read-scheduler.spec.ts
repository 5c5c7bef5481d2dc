import { once } from 'node:events';
import { createServer, request as httpRequest, type RequestListener, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { eventually } from '@app/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { scheduleReads } from './read-scheduler.js';

async function start(serve: RequestListener): Promise<{ server: Server; port: number }> {
  const server = createServer(serve);
  scheduleReads(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, port: (server.address() as AddressInfo).port };
}

/** @param from the address that the connection comes from */
async function connected(port: number, from: string): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, localAddress: from }).on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

describe('scheduleReads', () => {
  it.each([
    ['one IPv4 address', (address: string) => address],
    ['many addresses of one IPv6 /64', (address: string, n: number) => `2001:db8:0:${address.at(-1)}::${n}`],
  ])('reads another address between, however many connections %s floods', async (_, seenAs) => {
    const seen: string[] = [];
    const { server, port } = await start((request, response) => {
      seen.push(request.url ?? '');
      response.end();
    });
    let accepted = 0;
    server.prependListener('connection', (socket) => {
      Object.defineProperty(socket, 'remoteAddress', {
        value: seenAs(socket.remoteAddress ?? '', accepted++),
      });
    });
    const flooding = await Promise.all(Array.from({ length: 40 }, () => connected(port, '127.0.0.2')));
    const other = await connected(port, '127.0.0.3');
    await eventually(() => accepted === 41, 'all connections are accepted');

    // Written at once: all of it has arrived before the server reads.
    for (const socket of flooding) socket.resume().write(get('/much').repeat(1_500));
    // More than is read of one connection at once, so it takes its turn too.
    other.resume().write(get('/other').repeat(150));
    await eventually(() => seen.includes('/other'), 'the other one is read');

    expect(seen.indexOf('/other')).toBeLessThan(1_000);
    for (const socket of flooding) socket.destroy();
  });

  it('answers 3,000 pipelined requests of one connection in order', async () => {
    const { port } = await start((request, response) => response.end(request.url));
    const socket = await connected(port, '127.0.0.2');
    let text = '';
    socket.setEncoding('latin1').on('data', (part: string) => (text += part));
    const paths = Array.from({ length: 3_000 }, (_, i) => `/${i}`);

    socket.write(paths.map((path) => get(path)).join(''));

    await eventually(() => text.includes('/2999'), 'the last request is answered', 20_000);
    expect(text.match(/^\/\d+(?=HTTP|$)/gm)).toEqual(paths);
  });

  it.each([1, 4_095, 4_096, 4_097, 65_536, 1_000_000])(
    'reads a body of %i bytes completely',
    async (bytes) => {
      const { port } = await start((request, response) => {
        let length = 0;
        request.on('data', (part: Buffer) => (length += part.length));
        request.on('end', () => response.end(String(length)));
      });

      const call = httpRequest({ host: '127.0.0.1', port, method: 'POST' });
      call.end(Buffer.alloc(bytes, 'x'));
      const [answer] = (await once(call, 'response')) as [NodeJS.ReadableStream];
      const [text] = (await once(answer.setEncoding('utf8'), 'data')) as [string];

      expect(Number(text)).toBe(bytes);
    },
  );

  it.each([0, 10, 5_000, 100_000])(
    'passes the %i bytes that follow an upgrade request to the upgraded connection',
    async (bytes) => {
      const { server, port } = await start((_request, response) => response.end());
      let received = '';
      server.on('upgrade', (_request, socket, head) => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
        if (head.length > 0) socket.unshift(head);
        socket.on('data', (part: Buffer) => (received += part.toString('latin1')));
      });
      const body = Array.from({ length: bytes }, (_, i) => String(i % 10)).join('');
      const socket = await connected(port, '127.0.0.2');

      socket.write(`GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n${body}`);
      await once(socket, 'data');
      socket.write('end');

      await eventually(() => received.endsWith('end'), 'all bytes are read');
      expect(received).toBe(`${body}end`);
    },
  );

  it('stops serving while the client reads no answers, and serves the rest afterwards', async () => {
    let served = 0;
    const { port } = await start((_request, response) => {
      served++;
      response.end('x'.repeat(10_000));
    });
    const socket = await connected(port, '127.0.0.2');
    socket.pause().write(get('/').repeat(2_000));
    let before = -1;
    await eventually(async () => {
      const isStill = before === served && served > 0;
      before = served;
      await new Promise((done) => setTimeout(done, 300));
      return isStill;
    }, 'the server stops serving');

    expect(served).toBeLessThan(2_000);
    socket.resume();

    await eventually(() => served === 2_000, 'all requests are served', 20_000);
  });
});
