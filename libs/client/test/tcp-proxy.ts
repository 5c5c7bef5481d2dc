import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A way to a server that can go silent: connections stay open and nothing passes any more. */
export class TcpProxy {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  /** How many bytes came towards the server since the way went silent. */
  swallowed = 0;
  /** Connections that begin like this are held without an answer. */
  hold: RegExp | undefined;

  private constructor(targetPort: number) {
    this.#server = createServer((from) => this.#join(from, targetPort));
  }

  /** Listens on a free port, in front of `targetPort`. */
  static async start(targetPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(targetPort);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Nothing passes on the connections that are open now; new ones work. */
  silence(): void {
    for (const [from, to] of this.#pairs) {
      from.unpipe(to);
      to.unpipe(from);
      from.on('data', (data) => (this.swallowed += data.length));
      to.resume();
    }
  }

  /** Holds what comes on the connections that are open now, until `resume`. */
  pause(): void {
    for (const [from, to] of this.#pairs) {
      from.unpipe(to);
      to.unpipe(from);
      from.pause();
      to.pause();
    }
  }

  /** Lets pass what was held, and what comes. */
  resume(): void {
    for (const [from, to] of this.#pairs) {
      from.pipe(to);
      to.pipe(from);
    }
  }

  /** Ends the proxy and its connections. */
  async stop(): Promise<void> {
    for (const [from, to] of this.#pairs) [from, to].forEach((socket) => socket.destroy());
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(from: Socket, targetPort: number): void {
    const to = connect(targetPort, '127.0.0.1');
    const pair = [from, to] as const;
    this.#pairs.add(pair);
    for (const socket of pair) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#pairs.delete(pair);
        pair.forEach((end) => end.destroy());
      });
    }
    to.pipe(from);
    from.once('data', (first: Buffer) => {
      if (this.hold?.test(first.toString('latin1'))) return;
      to.write(first);
      from.pipe(to);
    });
  }
}
