import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { unavailable } from '@app/platform';
import { AddressTurns } from './address-turns.js';
import { PROBLEM_TYPE, problemOf } from '../request/problem.js';

/** How many requests of one connection may be unanswered before nothing more is read from it. */
const PER_CONNECTION = 8;

/**
 * How long a connection waits after RATE_LIMITED, in milliseconds, when it has sent more requests without waiting for
 * that answer: refusing them one after the other would take a processor.
 */
const AFTER_LIMITED_MS = 10;

/**
 * How much may wait in all: a request without a body counts 1 (some 5 KiB of memory), its body 1 more for each 8 KiB that
 * the connection may hold of it.
 */
const MAX_COST = 8_192;
const BODY_UNIT = 8_192;
const BODY_UNITS_MAX = 8;

interface Waiting {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly cost: number;
}

/** What one connection waits for. Its answers have to leave in order, so one of its requests is served at a time. */
interface Lane {
  readonly socket: Socket;
  readonly waiting: Waiting[];
  /** That of the request that is next, as far as trusted proxies say whose it is. */
  address: string;
  cost: number;
  isServing: boolean;
  isPaused: boolean;
}

/**
 * Decides which request is served next. One begins in each turn of the event loop, so what sockets have sent is read
 * between any two. Addresses take turns, and so do the connections of an address, so whoever sends much waits for
 * themselves alone. A connection that goes on after RATE_LIMITED without waiting for it is served slowly, and one with 8
 * unanswered requests is not read; requests whose connection closes are dropped; when too many wait in all, those of the
 * connection that has the most are refused.
 */
class RequestQueue {
  private readonly lanes = new Map<Socket, Lane>();
  /** The lanes that can go on. */
  private readonly ready = new AddressTurns<Lane>();
  private cost = 0;
  private isTurning = false;

  constructor(
    private readonly serve: (request: IncomingMessage, response: ServerResponse) => void,
    private readonly addressOf: (request: IncomingMessage) => string,
    private readonly maxCost: number,
  ) {}

  /** Serves a request now, or when its turn comes. */
  readonly take: RequestListener = (request, response) => {
    const lane = this.laneOf(request);
    const waiting = { request, response, cost: costOf(request) };
    if (!this.isTurning && !lane.isServing && lane.waiting.length === 0) {
      this.isTurning = true;
      setImmediate(this.turn);
      this.begin(lane, waiting);
      return;
    }
    lane.waiting.push(waiting);
    lane.cost += waiting.cost;
    this.cost += waiting.cost;
    if (lane.waiting.length + Number(lane.isServing) >= PER_CONNECTION) {
      lane.isPaused = true;
      lane.socket.pause();
    }
    if (!lane.isServing && lane.waiting.length === 1) this.makeReady(lane);
    if (this.cost > this.maxCost) this.shed(lane);
  };

  private readonly turn = (): void => {
    const lane = this.ready.next();
    const waiting = lane?.waiting.shift();
    this.isTurning = waiting !== undefined;
    if (!lane || !waiting) return;
    setImmediate(this.turn);
    lane.cost -= waiting.cost;
    this.cost -= waiting.cost;
    this.begin(lane, waiting);
  };

  private begin(lane: Lane, { request, response }: Waiting): void {
    lane.isServing = true;
    response.once('close', () => {
      if (response.statusCode === 429 && lane.waiting.length > 0)
        setTimeout(() => this.goOn(lane), AFTER_LIMITED_MS);
      else this.goOn(lane);
    });
    this.serve(request, response);
  }

  /** Serves the next request of a lane when its turn comes. */
  private goOn(lane: Lane): void {
    lane.isServing = false;
    if (lane.isPaused && lane.waiting.length < PER_CONNECTION) {
      lane.isPaused = false;
      lane.socket.resume();
    }
    if (lane.waiting.length === 0) return;
    this.makeReady(lane);
    if (this.isTurning) return;
    this.isTurning = true;
    setImmediate(this.turn);
  }

  private laneOf(request: IncomingMessage): Lane {
    const { socket } = request;
    let lane = this.lanes.get(socket);
    if (!lane) {
      const made: Lane = {
        socket,
        waiting: [],
        address: this.addressOf(request),
        cost: 0,
        isServing: false,
        isPaused: false,
      };
      this.lanes.set(socket, (lane = made));
      socket.once('close', () => this.drop(made));
      // Node reads on after each whole request.
      socket.on('resume', () => {
        if (made.isPaused) socket.pause();
      });
    }
    return lane;
  }

  private makeReady(lane: Lane): void {
    const first = lane.waiting[0];
    if (!first || !this.lanes.has(lane.socket)) return;
    lane.address = this.addressOf(first.request);
    this.ready.add(lane.address, lane);
  }

  /** Too many wait: those go that wait on the longest lane of the address which has the most. */
  private shed(newest: Lane): void {
    const byAddress = new Map<string, number>();
    for (const { address, cost } of this.lanes.values())
      byAddress.set(address, (byAddress.get(address) ?? 0) + cost);
    let longest = newest;
    const most = (lane: Lane): number => byAddress.get(lane.address) ?? 0;
    for (const lane of this.lanes.values())
      if (most(lane) > most(longest) || (most(lane) === most(longest) && lane.cost > longest.cost))
        longest = lane;
    const { isServing, waiting } = longest;
    const [only] = waiting;
    this.drop(longest);
    // What is answered before it could be answered that: the connection ends.
    if (isServing || waiting.length !== 1 || !only) longest.socket.destroy();
    else refuse(only.response);
  }

  private drop(lane: Lane): void {
    this.lanes.delete(lane.socket);
    this.cost -= lane.cost;
    lane.cost = 0;
    this.ready.remove(lane.address, lane);
  }
}

function costOf({ headers }: IncomingMessage): number {
  if (headers['transfer-encoding'] !== undefined) return 1 + BODY_UNITS_MAX;
  const bytes = Number(headers['content-length'] ?? 0);
  return 1 + Math.min(BODY_UNITS_MAX, Math.ceil(bytes / BODY_UNIT));
}

/** Answers 503 before anything of a request is looked at. */
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
 * Puts a queue before all that a server does with requests.
 * @param server that has all its listeners for requests; upgrades pass by the queue
 * @param addressOf says where a request comes from
 * @param maxCost how much may wait, by the measure of this file
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
