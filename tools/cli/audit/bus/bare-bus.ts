import { createConnection, type Socket } from 'node:net';
import { createInterface, type Interface } from 'node:readline';
import { connect as secure } from 'node:tls';
import { fromSeed } from '@nats-io/nkeys';

const ANSWER_LIMIT_MS = 5_000;

/** Where a bus is. */
export interface BusAddress {
  readonly host: string;
  readonly port: number;
  /** The certificate (PEM) by which a server is known that speaks TLS. */
  readonly authority?: string;
}

/** The bus by its bare protocol: one question, one answer, so that a refusal cannot be overlooked. */
export class BareBus {
  private readonly reader: Interface;
  private readonly lines: AsyncIterator<string>;

  private constructor(private readonly socket: Socket) {
    this.reader = createInterface({ input: socket });
    this.lines = this.reader[Symbol.asyncIterator]();
  }

  /**
   * Connects and logs in.
   * @param seed of a user; without one nobody logs in
   * @throws when the server does not insist on TLS, where it should
   */
  static async connect(
    { host, port, authority }: BusAddress,
    seed?: Uint8Array,
  ): Promise<{ bus: BareBus; refusal: string | undefined }> {
    const socket = createConnection({ host, port });
    socket.setTimeout(ANSWER_LIMIT_MS, () => socket.destroy(new Error('the bus does not answer')));
    let bus = new BareBus(socket);
    const info = JSON.parse((await bus.next()).replace(/^INFO /, '')) as {
      nonce?: string;
      tls_required?: boolean;
    };
    if (authority !== undefined) {
      if (info.tls_required !== true) throw new Error('the bus does not insist on TLS');
      // The server says nothing more before both speak TLS.
      bus.reader.close();
      bus = new BareBus(secure({ socket, servername: host, ca: authority }));
    }
    const pair = seed && fromSeed(seed);
    const login = pair && {
      nkey: pair.getPublicKey(),
      sig: Buffer.from(pair.sign(Buffer.from(String(info.nonce)))).toString('base64url'),
    };
    const options = { verbose: false, pedantic: false, lang: 'node', version: '1', protocol: 1, ...login };
    bus.socket.write(`CONNECT ${JSON.stringify(options)}\r\n`);
    const refusals = await bus.answer('');
    return { bus, refusal: refusals[0] };
  }

  /** Tries to subscribe; returns whether it may. */
  async maySubscribe(subject: string): Promise<boolean> {
    return (await this.answer(`SUB ${subject} 1\r\nUNSUB 1\r\n`)).length === 0;
  }

  /** Tries to publish something empty, which no service takes for a request; returns whether it may. */
  async mayPublish(subject: string): Promise<boolean> {
    return (await this.answer(`PUB ${subject} 0\r\n\r\n`)).length === 0;
  }

  /** Ends the connection. */
  close(): void {
    this.socket.destroy();
  }

  /** Returns the next line, or '' when the server has closed the connection. */
  private async next(): Promise<string> {
    try {
      const { value, done } = await this.lines.next();
      return done ? '' : value;
    } catch (error) {
      // A server that refuses a log-in closes while our ping is under way: the system may call that a reset.
      if (error instanceof Error && 'code' in error && /^(ECONNRESET|EPIPE)$/.test(String(error.code)))
        return '';
      throw error;
    }
  }

  /** Sends something and returns the errors that came before the answer to a ping, or the end of the connection. */
  private async answer(command: string): Promise<string[]> {
    const errors: string[] = [];
    this.socket.write(`${command}PING\r\n`);
    for (;;) {
      const line = await this.next();
      if (line.startsWith('-ERR')) errors.push(line.slice(5));
      if (line === 'PONG') return errors;
      if (line === '') return errors.length > 0 ? errors : ['the connection was closed'];
    }
  }
}
