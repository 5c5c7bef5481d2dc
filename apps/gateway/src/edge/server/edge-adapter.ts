import { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ExpressAdapter } from '@nestjs/platform-express';
import { addToCount } from '../limits/counts.js';
import { addressPrefix, type TrustProxy } from '../../settings/trust-proxy.js';

/** Returns how many Host headers a request has: Node keeps only the first in `headers`. */
export function countHosts({ rawHeaders }: IncomingMessage): number {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) if (/^host$/i.test(rawHeaders[i] ?? '')) count++;
  return count;
}

const UPGRADES = Symbol('the value that Node sets');

/**
 * A request to the edge. It ignores an `Upgrade` to anything but a WebSocket, as RFC 9110 (7.8) allows: Node would pass
 * each to Socket.IO, which closes the connection.
 */
class EdgeRequest extends IncomingMessage {
  // Neither a private field nor an initializer: Node's constructor sets `upgrade` before either would exist.
  declare private [UPGRADES]: unknown;

  /** Whether Node emits `upgrade` for this request. Node reads it after the headers. */
  get upgrade(): boolean {
    const isWebSocket = /^websocket$/i.test(this.headers.upgrade ?? '') && countHosts(this) === 1;
    return Boolean(this[UPGRADES]) && (this.method === 'CONNECT' || isWebSocket);
  }

  set upgrade(upgrades: unknown) {
    this[UPGRADES] = upgrades;
  }
}

/** How often a closing server closes idle connections, in milliseconds. */
const CLOSE_IDLE_EVERY_MS = 50;

/** When a closing server closes the connections that are still being answered, in milliseconds. */
const CLOSE_ALL_AFTER_MS = 3_000;

/** A server that closes before a deadline: Node's would keep alive a connection that it answers while it closes. */
class EdgeServer extends Server {
  override close(closed?: (error?: Error) => void): this {
    const idle = setInterval(() => this.closeIdleConnections(), CLOSE_IDLE_EVERY_MS).unref();
    const all = setTimeout(() => this.closeAllConnections(), CLOSE_ALL_AFTER_MS).unref();
    this.once('close', () => {
      clearInterval(idle);
      clearTimeout(all);
    });
    return super.close(closed);
  }
}

/** Express on an `EdgeServer`. Limits the connections of an address, and closes all of them when it closes. */
export class EdgeAdapter extends ExpressAdapter {
  private readonly connections = new Set<Socket>();
  /** The number of open connections that are not WebSockets, by address. */
  private readonly perAddress = new Map<string, number>();
  /** Stops counting a connection. */
  private readonly counted = new WeakMap<Duplex, () => void>();

  /**
   * @param mostPerAddress how many connections that are not WebSockets an address may have; further ones are closed
   * @param trust the trusted proxies, which may have any number
   */
  constructor(
    private readonly mostPerAddress: number,
    private readonly trust: TrustProxy,
  ) {
    super();
  }

  /** Creates the server. */
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

  /** Closes all connections and the server. */
  override close(): Promise<void> {
    for (const socket of this.connections) socket.destroy();
    return super.close() as Promise<void>;
  }
}
