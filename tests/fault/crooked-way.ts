import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Transform } from 'node:stream';

/** The network between clients and gateway: a TCP proxy that cuts, delays and swallows. */
export class CrookedWay {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  /** Milliseconds that every piece waits, in both directions; order is kept. */
  delayMs = 0;
  /** Whether everything is swallowed: connections stay open, and whoever sends notices nothing. */
  silent = false;

  private constructor(targetPort: number) {
    this.#server = createServer((from) => this.#join(from, targetPort));
  }

  /** Listens on a free port of this machine, in front of `targetPort`. */
  static async start(targetPort: number): Promise<CrookedWay> {
    const way = new CrookedWay(targetPort);
    way.#server.listen(0, '127.0.0.1');
    await once(way.#server, 'listening');
    return way;
  }

  /** What clients take for the server. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Cuts every connection, in the middle of whatever it carries. */
  cut(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.resetAndDestroy();
  }

  /** Ends the proxy and its connections. */
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
      socket.on('error', () => undefined); // a reset is what this is for
      socket.on('close', () => {
        this.#pairs.delete(pair);
        for (const end of pair) end.destroy();
      });
    }
    from.pipe(this.#crookedPiece()).pipe(to);
    to.pipe(this.#crookedPiece()).pipe(from);
  }

  #crookedPiece(): Transform {
    return new Transform({
      transform: (piece: Buffer, _encoding, done) => {
        if (this.silent) return done();
        if (this.delayMs === 0) return done(null, piece);
        setTimeout(() => done(null, piece), this.delayMs);
      },
    });
  }
}
