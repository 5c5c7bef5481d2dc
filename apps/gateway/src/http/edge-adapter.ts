import { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ExpressAdapter } from '@nestjs/platform-express';
import { addToCount } from './counts.js';
import { addressPrefix, type TrustProxy } from './trust-proxy.js';

/** How many Host headers a request has. Node keeps the first one in `headers` and says nothing of the others. */
export function countHosts({ rawHeaders }: IncomingMessage): number {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) if (/^host$/i.test(rawHeaders[i] ?? '')) count++;
  return count;
}

const UPGRADES = Symbol('what Node has set');

/**
 * A request to the edge. An `Upgrade` to anything but a WebSocket is ignored, as RFC 9110 (7.8) lets a server do: Node
 * would hand every one to Socket.IO, which hangs up.
 */
class EdgeRequest extends IncomingMessage {
  // No private field and no initializer: Node's constructor sets `upgrade` before either would be there.
  declare private [UPGRADES]: unknown;

  /** Whether Node hands the connection over; asked once the headers are read. */
  get upgrade(): boolean {
    const isWebSocket = /^websocket$/i.test(this.headers.upgrade ?? '') && countHosts(this) === 1;
    return Boolean(this[UPGRADES]) && (this.method === 'CONNECT' || isWebSocket);
  }

  set upgrade(upgrades: unknown) {
    this[UPGRADES] = upgrades;
  }
}

/** How often connections that became idle are closed once the server closes, and when all others are, in milliseconds. */
const IDLE_MS = 50;
const ANSWERS_MS = 3_000;

/** A server that closes in time: Node's would keep a connection alive that was being answered when it began to. */
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

/** Express on a server of the edge's own, whose connections end with it. */
export class EdgeAdapter extends ExpressAdapter {
  private readonly connections = new Set<Socket>();
  /** How many connections are open that are no WebSockets, by address. */
  private readonly perAddress = new Map<string, number>();
  /** Ends the count of a connection. */
  private readonly counted = new WeakMap<Duplex, () => void>();

  /**
   * @param mostPerAddress how many of those an address may have; one more is closed
   * @param trust a proxy that is believed may have any number
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

  /** Cuts what is connected and closes the server. */
  override close(): Promise<void> {
    for (const socket of this.connections) socket.destroy();
    return super.close() as Promise<void>;
  }
}
