import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { PerAddressQueue } from './address-turns.js';

/** How many bytes one event-loop iteration reads of one connection. */
const BYTES_PER_CONNECTION = 4_096;

/** How many bytes one event-loop iteration reads of all connections that do not wait. */
const BYTES_PER_ITERATION = 16_384;

interface Reader {
  readonly socket: Socket;
  readonly address: string;
  /** Node's own `data` listener. */
  readonly parse: (bytes: Buffer) => void;
  /** The listener that takes its place. */
  readonly receive: (bytes: Buffer) => void;
  /** Whether the scheduler has resumed this connection. */
  isNext: boolean;
}

/**
 * Limits how much the server reads in one event-loop iteration. Node reads up to 64 KiB of every connection, and serves
 * all requests in them, before anything else runs: a thousand small requests of each connection. Here a connection
 * waits when it has sent more than 4 KiB or when the iteration has read 16 KiB. Each iteration continues one waiting
 * connection, round-robin by address.
 */
class ReadScheduler {
  private readonly waiting = new PerAddressQueue<Reader>();
  private readonly readers = new WeakMap<Duplex, Reader>();
  private bytesLeft = BYTES_PER_ITERATION;
  private isScheduled = false;

  /** Replaces Node's listener on a new connection. */
  readonly accept = (socket: Socket): void => {
    const [parse] = socket.listeners('data') as ((bytes: Buffer) => void)[];
    if (!parse) return;
    const receive = (bytes: Buffer): void => this.receive(reader, bytes);
    const reader: Reader = { socket, address: socket.remoteAddress ?? '', parse, receive, isNext: false };
    this.readers.set(socket, reader);
    socket.off('data', parse).on('data', receive);
    socket.once('close', () => this.waiting.remove(reader.address, reader));
  };

  /** Stops scheduling a connection that is upgraded. */
  readonly release = (_request: IncomingMessage, socket: Duplex): void => {
    const reader = this.readers.get(socket);
    if (!reader) return;
    socket.off('data', reader.receive);
    this.waiting.remove(reader.address, reader);
  };

  private receive(reader: Reader, bytes: Buffer): void {
    const { socket } = reader;
    // Node reads nothing more until the client has read the answers.
    if (Reflect.get(socket, '_paused') === true) pushBack(socket, bytes);
    else if (reader.isNext || (bytes.length <= BYTES_PER_CONNECTION && bytes.length <= this.bytesLeft)) {
      reader.isNext = false;
      this.bytesLeft -= Math.min(bytes.length, BYTES_PER_CONNECTION);
      this.schedule();
      const rest = bytes.subarray(BYTES_PER_CONNECTION);
      // Before the first part is parsed: it may end in an upgrade, whose listener reads the rest from the socket.
      if (rest.length > 0) this.wait(reader, rest);
      reader.parse(bytes.subarray(0, BYTES_PER_CONNECTION));
    } else this.wait(reader, bytes);
  }

  private wait(reader: Reader, bytes: Buffer): void {
    pushBack(reader.socket, bytes);
    this.waiting.add(reader.address, reader);
    this.schedule();
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.bytesLeft = BYTES_PER_ITERATION;
      const reader = this.waiting.next();
      if (!reader) return;
      reader.isNext = true;
      reader.socket.resume();
      if (!this.waiting.isEmpty) this.schedule();
    });
  }
}

/** Pauses a socket and puts bytes back into its buffer. */
function pushBack(socket: Socket, bytes: Buffer): void {
  socket.pause();
  socket.unshift(bytes);
}

/**
 * Limits how much a server reads in one event-loop iteration, and reads addresses round-robin.
 * @param server that has no connection yet
 */
export function readByTurns(server: Server): void {
  const scheduler = new ReadScheduler();
  server.on('connection', scheduler.accept);
  server.prependListener('upgrade', scheduler.release);
}
