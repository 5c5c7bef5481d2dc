import { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ExpressAdapter } from '@nestjs/platform-express';
import { addToCount } from './counts.js';
import { addressPrefix, type TrustProxy } from './trust-proxy.js';

/** Counts the Host headers of a request: Node keeps only the first in `headers`. */
export function countHosts({ rawHeaders }: IncomingMessage): number {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) if (/^host$/i.test(rawHeaders[i] ?? '')) count++;
  return count;
}

const UPGRADES = Symbol('the value that Node has set');

/**
 * A request to the edge. An `Upgrade` to anything but a WebSocket is ignored, as RFC 9110 (7.8) allows: Node would pass
 * each of them to Socket.IO, which closes the connection.
 */
class EdgeRequest extends IncomingMessage {
  // Neither a private field nor an initializer: Node's constructor sets `upgrade` before they exist.
  declare private [UPGRADES]: unknown;

  /** Whether Node emits `upgrade` for the request; read when the headers are complete. */
  get upgrade(): boolean {
    const isWebSocket = /^websocket$/i.test(this.headers.upgrade ?? '') && countHosts(this) === 1;
    return Boolean(this[UPGRADES]) && (this.method === 'CONNECT' || isWebSocket);
  }

  set upgrade(upgrades: unknown) {
    this[UPGRADES] = upgrades;
  }
}

/** While the server closes: how often idle connections are closed, and after how long all others are, in milliseconds. */
const IDLE_MS = 50;
const ANSWERS_MS = 3_000;

/** A server that closes within seconds: Node's keeps a connection open that was answering a request meanwhile. */
class EdgeServer extends Server {
  override close(closed?: (error?: Error) => void): this {
    const idle = setInterval(() => this.closeIdleConnections(), IDLE_MS).unref();
    const all = setTimeout(() => this.closeAllConnections(), ANSWERS_MS).unref();
    this.once('close', () => {
      clearInterval(idle);
      clearTimeout(all);
    });
    return super.close(closed);
  }
}

/** Express on an `EdgeServer`, which counts its connections and closes them all when it closes. */
export class EdgeAdapter extends ExpressAdapter {
  private readonly connections = new Set<Socket>();
  /** How many open connections are not WebSockets, by address prefix. */
  private readonly perAddress = new Map<string, number>();
  /** Stops counting a connection. */
  private readonly counted = new WeakMap<Duplex, () => void>();

  /**
   * @param mostPerAddress how many connections that are not WebSockets an address may have; one more is closed
   * @param trust a trusted proxy may have any number
   */
  constructor(
    private readonly mostPerAddress: number,
    private readonly trust: TrustProxy,
  ) {
    super();
  }

  /** Makes the server. */
  override initHttpServer(): void {
    const server = new EdgeServer({ IncomingMessage: EdgeRequest }, this.getInstance());
    server.on('connection', (socket: Socket) => {
      this.connections.add(socket);
      socket.once('close', () => this.connections.delete(socket));
      this.count(socket);
    });
    server.prependListener('upgrade', (_request, socket) => this.counted.get(socket)?.());
    this.setHttpServer(server);
  }

  private count(socket: Socket): void {
    if (this.trust(socket.remoteAddress ?? '', 0)) return;
    const key = addressPrefix(socket.remoteAddress);
    if ((this.perAddress.get(key) ?? 0) >= this.mostPerAddress) {
      socket.destroy();
      return;
    }
    addToCount(this.perAddress, key, 1);
    const end = (): void => {
      if (this.counted.delete(socket)) addToCount(this.perAddress, key, -1);
    };
    this.counted.set(socket, end);
    socket.once('close', end);
  }

  /** Destroys all connections and closes the server. */
  override close(): Promise<void> {
    for (const socket of this.connections) socket.destroy();
    return super.close() as Promise<void>;
  }
}
