import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { PerAddressQueue } from './per-address-queue.js';
import { addressPrefix } from '../../settings/trust-proxy.js';

/** How many bytes of one connection are read per iteration of the event loop, and of all connections that need not wait. */
const SLICE_BYTES = 4_096;
const ITERATION_BYTES = 16_384;

interface Connection {
  readonly socket: Socket;
  /** The prefix of its address. */
  readonly address: string;
  /** Node's own reader. */
  readonly read: (bytes: Buffer) => void;
  readonly take: (bytes: Buffer) => void;
  isNext: boolean;
}

/**
 * Bounds how much the server reads in one iteration of the event loop. Node reads 64 KiB of every connection, and serves
 * all requests in them, before anything else happens: a thousand small requests of each. Here a connection waits if it
 * has sent more than 4 KiB, or if enough was read already. Each iteration reads one that waits, and addresses take turns.
 */
class ReadingTurns {
  /** The connections that wait. */
  private readonly waiting = new PerAddressQueue<Connection>();
  private left = ITERATION_BYTES;
  private isTurning = false;
  private readonly connections = new WeakMap<Duplex, Connection>();

  /** Takes a connection over from Node. */
  readonly accept = (socket: Socket): void => {
    const [read] = socket.listeners('data') as ((bytes: Buffer) => void)[];
    if (!read) return;
    const take = (bytes: Buffer): void => this.take(connection, bytes);
    const connection: Connection = {
      socket,
      address: addressPrefix(socket.remoteAddress),
      read,
      take,
      isNext: false,
    };
    this.connections.set(socket, connection);
    socket.off('data', read).on('data', take);
    socket.once('close', () => this.waiting.remove(connection.address, connection));
  };

  /** Hands a connection over to what it is upgraded for. */
  readonly release = (_request: IncomingMessage, socket: Duplex): void => {
    const connection = this.connections.get(socket);
    if (!connection) return;
    socket.off('data', connection.take);
    this.waiting.remove(connection.address, connection);
  };

  private take(connection: Connection, bytes: Buffer): void {
    const { socket } = connection;
    // Node has paused the socket until the client reads its answers.
    if (Reflect.get(socket, '_paused') === true) hold(socket, bytes);
    else if (connection.isNext || (bytes.length <= SLICE_BYTES && bytes.length <= this.left)) {
      connection.isNext = false;
      this.left -= Math.min(bytes.length, SLICE_BYTES);
      this.turn();
      const rest = bytes.subarray(SLICE_BYTES);
      // Before the first part is read: it may be an upgrade, whose reader begins with the rest.
      if (rest.length > 0) this.wait(connection, rest);
      connection.read(bytes.subarray(0, SLICE_BYTES));
    } else this.wait(connection, bytes);
  }

  private wait(connection: Connection, bytes: Buffer): void {
    hold(connection.socket, bytes);
    this.waiting.add(connection.address, connection);
    this.turn();
  }

  private turn(): void {
    if (this.isTurning) return;
    this.isTurning = true;
    setImmediate(() => {
      this.isTurning = false;
      this.left = ITERATION_BYTES;
      const connection = this.waiting.next();
      if (!connection) return;
      connection.isNext = true;
      connection.socket.resume();
      if (!this.waiting.isEmpty) this.turn();
    });
  }
}

/** Puts bytes back, to be read later. */
function hold(socket: Socket, bytes: Buffer): void {
  socket.pause();
  socket.unshift(bytes);
}

/**
 * Makes a server read from its connections by turns.
 * @param server that has no connection yet
 */
export function scheduleReads(server: Server): void {
  const turns = new ReadingTurns();
  server.on('connection', turns.accept);
  server.prependListener('upgrade', turns.release);
}
