import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { AddressTurns } from './address-turns.js';
import { addressPrefix } from './trust-proxy.js';

/** How many bytes of one connection are read in a turn of the event loop, and of all that need no further turn. */
const SLICE_BYTES = 4_096;
const TURN_BYTES = 16_384;

interface Lane {
  readonly socket: Socket;
  readonly address: string;
  /** Node's own reader. */
  readonly read: (bytes: Buffer) => void;
  readonly take: (bytes: Buffer) => void;
  isOn: boolean;
}

/**
 * Bounds how much the server reads in one turn of the event loop. Node reads 64 KiB of every connection, and all requests
 * in them, before anything else happens: a thousand small ones of each. Here a connection that has sent more than
 * 4 KiB, or comes when enough was read, waits; one that waits goes on in each turn, and addresses take turns.
 */
class ReadingTurns {
  /** The connections that wait. */
  private readonly waiting = new AddressTurns<Lane>();
  private left = TURN_BYTES;
  private isTurning = false;
  private readonly lanes = new WeakMap<Duplex, Lane>();

  /** Takes a connection over from Node. */
  readonly accept = (socket: Socket): void => {
    const [read] = socket.listeners('data') as ((bytes: Buffer) => void)[];
    if (!read) return;
    const take = (bytes: Buffer): void => this.take(lane, bytes);
    const lane: Lane = { socket, address: addressPrefix(socket.remoteAddress), read, take, isOn: false };
    this.lanes.set(socket, lane);
    socket.off('data', read).on('data', take);
    socket.once('close', () => this.waiting.remove(lane.address, lane));
  };

  /** Leaves a connection to whoever it is upgraded for. */
  readonly release = (_request: IncomingMessage, socket: Duplex): void => {
    const lane = this.lanes.get(socket);
    if (!lane) return;
    socket.off('data', lane.take);
    this.waiting.remove(lane.address, lane);
  };

  private take(lane: Lane, bytes: Buffer): void {
    const { socket } = lane;
    // Node waits until what it has answered is read.
    if (Reflect.get(socket, '_paused') === true) hold(socket, bytes);
    else if (lane.isOn || (bytes.length <= SLICE_BYTES && bytes.length <= this.left)) {
      lane.isOn = false;
      this.left -= Math.min(bytes.length, SLICE_BYTES);
      this.turn();
      const rest = bytes.subarray(SLICE_BYTES);
      // Before the first part is read: that may end in an upgrade, whose reader begins with what is left.
      if (rest.length > 0) this.wait(lane, rest);
      lane.read(bytes.subarray(0, SLICE_BYTES));
    } else this.wait(lane, bytes);
  }

  private wait(lane: Lane, bytes: Buffer): void {
    hold(lane.socket, bytes);
    this.waiting.add(lane.address, lane);
    this.turn();
  }

  private turn(): void {
    if (this.isTurning) return;
    this.isTurning = true;
    setImmediate(() => {
      this.isTurning = false;
      this.left = TURN_BYTES;
      const lane = this.waiting.next();
      if (!lane) return;
      lane.isOn = true;
      lane.socket.resume();
      if (!this.waiting.isEmpty) this.turn();
    });
  }
}

/** Leaves bytes for later. */
function hold(socket: Socket, bytes: Buffer): void {
  socket.pause();
  socket.unshift(bytes);
}

/**
 * Has a server read by turns.
 * @param server that has no connection yet
 */
export function readByTurns(server: Server): void {
  const turns = new ReadingTurns();
  server.on('connection', turns.accept);
  server.prependListener('upgrade', turns.release);
}
