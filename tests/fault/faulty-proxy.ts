import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Transform } from 'node:stream';

/** A TCP proxy between clients and gateway that resets connections, delays data and discards it. */
export class FaultyProxy {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  /** The delay of all data in both directions, in milliseconds. */
  delayMs = 0;
  /** Whether all data is discarded while the connections stay open. */
  silent = false;

  private constructor(targetPort: number) {
    this.#server = createServer((from) => this.#join(from, targetPort));
  }

  /** Starts a proxy for `targetPort` on a free port. */
  static async start(targetPort: number): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(targetPort);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** The URL for clients. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resets every connection. */
  cut(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.resetAndDestroy();
  }

  /** Stops the proxy and closes its connections. */
  async stop(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(from: Socket, targetPort: number): void {
    const to = connect(targetPort, '127.0.0.1');
    const pair = [from, to] as const;
    this.#pairs.add(pair);
    for (const socket of pair) {
      socket.on('error', () => undefined); // a reset is expected
      socket.on('close', () => {
        this.#pairs.delete(pair);
        for (const end of pair) end.destroy();
      });
    }
    from.pipe(this.#faultyStream()).pipe(to);
    to.pipe(this.#faultyStream()).pipe(from);
  }

  #faultyStream(): Transform {
    return new Transform({
      transform: (piece: Buffer, _encoding, done) => {
        if (this.silent) return done();
        if (this.delayMs === 0) return done(null, piece);
        setTimeout(() => done(null, piece), this.delayMs);
      },
    });
  }
}
