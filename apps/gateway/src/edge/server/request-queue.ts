import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { unavailable } from '@app/platform';
import { PerAddressQueue } from './per-address-queue.js';
import { PROBLEM_TYPE, problemOf } from '../request/problem.js';

/** How many unanswered requests a connection may have before the server stops reading from it. */
const PER_CONNECTION = 8;

/**
 * How long the next request of a connection waits after RATE_LIMITED, in milliseconds, where the client did not wait
 * for that answer: refusing such requests at once would occupy a processor.
 */
const AFTER_LIMITED_MS = 10;

/** The greatest cost of all waiting requests together. A request costs 1 (some 5 KiB of memory) and the cost of its body. */
const MAX_COST = 8_192;

/** A body costs 1 for each 8 KiB of it, 8 at most: Node buffers no more of it. */
const BODY_UNIT = 8_192;
const BODY_UNITS_MAX = 8;

interface Waiting {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly cost: number;
}

/** The waiting requests of a connection. Its answers must leave in order, so one request is served at a time. */
interface ConnectionQueue {
  readonly socket: Socket;
  readonly waiting: Waiting[];
  /** The address of the next request, as trusted proxies forward it. */
  address: string;
  cost: number;
  isServing: boolean;
  isPaused: boolean;
}

/**
 * Decides which request is served next. Each event-loop iteration begins one request, so that the sockets are read in
 * between. Addresses are served round-robin, and so are the connections of an address: a client that sends much delays
 * only itself. A connection that sends on after RATE_LIMITED without waiting for it is slowed down, one with 8 unanswered
 * requests is not read, and the requests of a closed connection are discarded. When too many requests wait, the longest
 * queue of the address with the most is refused.
 */
class RequestQueue {
  private readonly connections = new Map<Socket, ConnectionQueue>();
  /** The connections whose next request can begin. */
  private readonly ready = new PerAddressQueue<ConnectionQueue>();
  private cost = 0;
  private isScheduled = false;

  constructor(
    private readonly serve: (request: IncomingMessage, response: ServerResponse) => void,
    private readonly addressOf: (request: IncomingMessage) => string,
    private readonly maxCost: number,
  ) {}

  /** Serves a request at once, or queues it. */
  readonly take: RequestListener = (request, response) => {
    const queue = this.queueOf(request);
    const waiting = { request, response, cost: costOf(request) };
    if (!this.isScheduled && !queue.isServing && queue.waiting.length === 0) {
      this.isScheduled = true;
      setImmediate(this.serveNext);
      this.begin(queue, waiting);
      return;
    }
    queue.waiting.push(waiting);
    queue.cost += waiting.cost;
    this.cost += waiting.cost;
    if (queue.waiting.length + Number(queue.isServing) >= PER_CONNECTION) {
      queue.isPaused = true;
      queue.socket.pause();
    }
    if (!queue.isServing && queue.waiting.length === 1) this.makeReady(queue);
    if (this.cost > this.maxCost) this.shed(queue);
  };

  private readonly serveNext = (): void => {
    const queue = this.ready.next();
    const waiting = queue?.waiting.shift();
    this.isScheduled = waiting !== undefined;
    if (!queue || !waiting) return;
    setImmediate(this.serveNext);
    queue.cost -= waiting.cost;
    this.cost -= waiting.cost;
    this.begin(queue, waiting);
  };

  private begin(queue: ConnectionQueue, { request, response }: Waiting): void {
    queue.isServing = true;
    response.once('close', () => {
      if (response.statusCode === 429 && queue.waiting.length > 0)
        setTimeout(() => this.finish(queue), AFTER_LIMITED_MS);
      else this.finish(queue);
    });
    this.serve(request, response);
  }

  /** Ends the current request of a connection and queues its next one. */
  private finish(queue: ConnectionQueue): void {
    queue.isServing = false;
    if (queue.isPaused && queue.waiting.length < PER_CONNECTION) {
      queue.isPaused = false;
      queue.socket.resume();
    }
    if (queue.waiting.length === 0) return;
    this.makeReady(queue);
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(this.serveNext);
  }

  private queueOf(request: IncomingMessage): ConnectionQueue {
    const { socket } = request;
    let queue = this.connections.get(socket);
    if (!queue) {
      const made: ConnectionQueue = {
        socket,
        waiting: [],
        address: this.addressOf(request),
        cost: 0,
        isServing: false,
        isPaused: false,
      };
      this.connections.set(socket, (queue = made));
      socket.once('close', () => this.discard(made));
      // Node resumes the socket after each complete request.
      socket.on('resume', () => {
        if (made.isPaused) socket.pause();
      });
    }
    return queue;
  }

  private makeReady(queue: ConnectionQueue): void {
    const first = queue.waiting[0];
    if (!first || !this.connections.has(queue.socket)) return;
    queue.address = this.addressOf(first.request);
    this.ready.add(queue.address, queue);
  }

  /** Refuses the longest queue of the address with the most waiting requests. */
  private shed(newest: ConnectionQueue): void {
    const byAddress = new Map<string, number>();
    for (const { address, cost } of this.connections.values())
      byAddress.set(address, (byAddress.get(address) ?? 0) + cost);
    let longest = newest;
    const most = (queue: ConnectionQueue): number => byAddress.get(queue.address) ?? 0;
    for (const queue of this.connections.values())
      if (most(queue) > most(longest) || (most(queue) === most(longest) && queue.cost > longest.cost))
        longest = queue;
    const { isServing, waiting } = longest;
    const [only] = waiting;
    this.discard(longest);
    // A 503 can be sent only where this is the one answer that the connection waits for.
    if (isServing || waiting.length !== 1 || !only) longest.socket.destroy();
    else refuse(only.response);
  }

  private discard(queue: ConnectionQueue): void {
    this.connections.delete(queue.socket);
    this.cost -= queue.cost;
    queue.cost = 0;
    this.ready.remove(queue.address, queue);
  }
}

function costOf({ headers }: IncomingMessage): number {
  if (headers['transfer-encoding'] !== undefined) return 1 + BODY_UNITS_MAX;
  const bytes = Number(headers['content-length'] ?? 0);
  return 1 + Math.min(BODY_UNITS_MAX, Math.ceil(bytes / BODY_UNIT));
}

/** Answers 503 without looking at the request. */
function refuse(response: ServerResponse): void {
  const refusal = unavailable('The server has too much to do right now');
  const body = JSON.stringify(problemOf(refusal, crypto.randomUUID()));
  response.writeHead(503, {
    'Content-Type': PROBLEM_TYPE,
    'Content-Length': Buffer.byteLength(body),
    'Retry-After': '1',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    Connection: 'close',
  });
  response.end(body);
}

/**
 * Puts a queue in front of a server's request listeners. Upgrades bypass it.
 * @param server that has all its request listeners
 * @param addressOf returns the address of a request's client
 * @param maxCost the greatest cost of all waiting requests together
 */
export function queueRequests(
  server: Server,
  addressOf: (request: IncomingMessage) => string,
  maxCost = MAX_COST,
): void {
  const listeners = server.listeners('request') as RequestListener[];
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    for (const listener of listeners) listener.call(server, request, response);
  };
  server.removeAllListeners('request');
  server.on('request', new RequestQueue(serve, addressOf, maxCost).take);
}
