import { once } from 'node:events';
import { createServer, request as call, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { json } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { queueRequests } from './request-queue.js';

/** A request that the server serves and has not answered yet. */
interface Held {
  readonly path: string;
  readonly iteration: number;
  readonly socket: Socket;
  answer(): void;
}

/** A server behind a queue that takes the client's address from the header X-From. */
class Edge {
  readonly begun: Held[] = [];
  /** Whether each request is answered at once. */
  answersAtOnce = true;
  status = 200;
  port = 0;
  connections = 0;
  /** The number of event-loop iterations. */
  private iteration = 0;

  static async start(maxCost?: number): Promise<Edge> {
    const edge = new Edge();
    const server = createServer((request, response) => edge.serve(request, response));
    queueRequests(server, (request) => String(request.headers['x-from']), maxCost);
    server.on('connection', () => edge.connections++);
    let ticking = setImmediate(function tick() {
      edge.iteration++;
      ticking = setImmediate(tick);
    });
    onTestFinished(() => {
      clearImmediate(ticking);
      server.closeAllConnections();
      server.close();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    edge.port = (server.address() as AddressInfo).port;
    return edge;
  }

  /** Opens a connection and sends bytes on it. @returns the connection, and what it has received */
  send(bytes: string): { socket: Socket; received: () => string } {
    const socket = connect(this.port, '127.0.0.1').on('error', () => undefined);
    let text = '';
    if (bytes !== '') socket.setEncoding('latin1').on('data', (part: string) => (text += part));
    if (bytes !== '') socket.write(bytes);
    onTestFinished(() => void socket.destroy());
    return { socket, received: () => text };
  }

  paths(): string[] {
    return this.begun.map(({ path }) => path);
  }

  private serve(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? '';
    const answer = (): void => {
      request.resume().on('end', () => response.writeHead(this.status).end(path));
    };
    this.begun.push({ path, iteration: this.iteration, socket: request.socket, answer });
    if (this.answersAtOnce) answer();
  }
}

const get = (path: string, from = 'here'): string =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\nX-From: ${from}\r\n\r\n`;
const paths = (name: string, times: number): string[] =>
  Array.from({ length: times }, (_, i) => `/${name}${i}`);

describe('queueRequests', () => {
  it('serves requests that arrive together in order, one in each event-loop iteration', async () => {
    const edge = await Edge.start();
    const all = paths('', 20);

    edge.send(all.map((path) => get(path)).join(''));

    await expect.poll(() => edge.paths()).toEqual(all);
    expect(new Set(edge.begun.map(({ iteration }) => iteration)).size).toBe(20);
  });

  it('stops reading from a connection with 8 unanswered requests, and answers all of them in the end', async () => {
    const edge = await Edge.start();
    edge.answersAtOnce = false;
    const all = paths('', 25_000);
    const bytes = all.map((path) => get(path)).join('');
    const { socket, received } = edge.send(bytes);
    await expect.poll(() => edge.begun.length).toBe(1);
    // When another connection's request is served, the server has had time to read everything of the first one.
    edge.send(get('/other'));
    await expect.poll(() => edge.paths()).toContain('/other');

    const read = edge.begun[0]?.socket.bytesRead ?? 0;
    expect(read).toBeLessThanOrEqual(2 * 65_536);
    expect(bytes.length).toBeGreaterThan(1_000_000);

    edge.answersAtOnce = true;
    for (const held of edge.begun) held.answer();
    await expect.poll(() => edge.begun.length, { timeout: 50_000 }).toBe(all.length + 1);
    await expect.poll(() => received().includes('/24999'), { timeout: 10_000 }).toBe(true);
    socket.destroy();
    expect(edge.paths().filter((path) => path !== '/other')).toEqual(all);
  }, 60_000);

  it('slows down a connection that sends on after RATE_LIMITED without waiting for the answer', async () => {
    const edge = await Edge.start();
    edge.status = 429;
    const flooding = edge.send(
      paths('', 20)
        .map((path) => get(path))
        .join(''),
    );
    await expect.poll(() => flooding.received()).toContain('/19');

    const iterations = edge.begun.map(({ iteration }) => iteration);
    expect(iterations).toHaveLength(20);
    // Without the delay a request is served one or two iterations after the one before.
    expect((iterations.at(-1) ?? 0) - (iterations[0] ?? 0)).toBeGreaterThan(10 * iterations.length);
  });

  it('answers 200 pipelined requests with bodies in order', async () => {
    const edge = await Edge.start();
    const body = 'x'.repeat(3_000);
    const all = paths('', 200);

    const { received } = edge.send(
      all
        .map((path) => `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
        .join(''),
    );

    await expect.poll(() => received().match(/HTTP\/1\.1 200/g)?.length, { timeout: 10_000 }).toBe(200);
    expect(edge.paths()).toEqual(all);
  });

  it('serves addresses round-robin, and the connections of an address too', async () => {
    const edge = await Edge.start();
    edge.answersAtOnce = false;
    for (const [name, from] of [
      ['a1-', 'a'],
      ['a2-', 'a'],
      ['a3-', 'a'],
      ['b-', 'b'],
    ] as const)
      edge.send(
        paths(name, 100)
          .map((path) => get(path, from))
          .join(''),
      );
    // An unanswered request blocks only its own connection.
    await expect.poll(() => edge.begun.length).toBe(4);

    edge.answersAtOnce = true;
    for (const held of edge.begun) held.answer();
    await expect.poll(() => edge.begun.length, { timeout: 10_000 }).toBe(400);

    const first = edge.paths().slice(0, 120);
    const counts = ['/a1-', '/a2-', '/a3-', '/b-'].map(
      (name) => first.filter((path) => path.startsWith(name)).length,
    );
    expect(Math.max(...counts.slice(0, 3)) - Math.min(...counts.slice(0, 3))).toBeLessThan(10);
    expect(counts[3]).toBeGreaterThanOrEqual(30);
  });

  it('discards the waiting requests of a connection that closes', async () => {
    const edge = await Edge.start();
    edge.answersAtOnce = false;
    const { socket } = edge.send(
      paths('gone', 7)
        .map((path) => get(path))
        .join(''),
    );
    await expect.poll(() => edge.begun.length).toBe(1);

    socket.destroy();
    await once(edge.begun[0]?.socket as Socket, 'close');
    edge.answersAtOnce = true;
    edge.send(
      paths('here', 5)
        .map((path) => get(path))
        .join(''),
    );
    await expect.poll(() => edge.paths()).toContain('/here4');

    expect(edge.paths()).toEqual(['/gone0', ...paths('here', 5)]);
  });

  it('answers 503 with Retry-After when too many requests wait', async () => {
    const edge = await Edge.start(0);
    const sockets = paths('', 20).map(() => edge.send('').socket);
    await expect.poll(() => edge.connections).toBe(20);

    // All arrive in one event-loop iteration, so the queue exceeds its limit.
    const answers = await Promise.all(
      sockets.map(async (socket) => {
        const sent = call({ createConnection: () => socket }).end();
        const [answer] = (await once(sent, 'response')) as [IncomingMessage];
        return { status: answer.statusCode, headers: answer.headers, body: answer };
      }),
    );
    const refused = answers.find(({ status }) => status === 503);

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 503]));
    expect(refused?.headers).toMatchObject({ 'retry-after': '1', 'cache-control': 'no-store' });
    expect(refused && (await json(refused.body))).toMatchObject({
      status: 503,
      code: 'SERVICE_UNAVAILABLE',
      requestId: expect.any(String) as string,
    });
  });

  it('closes the connection with the longest queue when too many requests wait', async () => {
    const edge = await Edge.start(20);
    edge.answersAtOnce = false;
    edge.send(get('/a', 'a'));
    const modest = edge.send(get('/b0', 'b') + get('/b1', 'b') + get('/b2', 'b'));
    await expect.poll(() => edge.begun.length).toBe(2);

    const greedy = edge.send(
      paths('a', 30)
        .map((path) => get(path, 'a'))
        .join(''),
    );
    await once(greedy.socket, 'close');
    edge.answersAtOnce = true;
    for (const held of edge.begun) held.answer();

    await expect.poll(() => modest.received()).toContain('/b2');
    expect(edge.paths().filter((path) => path.startsWith('/b'))).toEqual(['/b0', '/b1', '/b2']);
  });
});
