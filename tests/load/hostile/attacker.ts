import { randomBytes } from 'node:crypto';
import { Agent, request, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';

/** The size of an attacker's connection pool. */
const CONNECTIONS = 500;

/** An attacker with its own loopback address (on Linux, all of 127.0.0.0/8 is local). */
export class Attacker {
  readonly #agent: Agent;
  readonly #port: number;
  cookie = '';

  /** @param address such as 127.0.0.9 @param url of the product */
  constructor(
    private readonly address: string,
    url: string,
  ) {
    this.#port = Number(new URL(url).port);
    this.#agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  }

  /** Sends a request. Resolves at the answer's headers; the caller reads its body. */
  open(method: string, path: string, body?: object): Promise<IncomingMessage> {
    return new Promise((answered, failed) => {
      const call = request(
        {
          host: '127.0.0.1',
          port: this.#port,
          localAddress: this.address,
          agent: this.#agent,
          method,
          path,
          headers: {
            ...(this.cookie !== '' && { cookie: this.cookie }),
            ...(body && { 'content-type': 'application/json' }),
          },
        },
        answered,
      );
      call.once('error', failed);
      call.end(body && JSON.stringify(body));
    });
  }

  /** Calls the API and reads the answer. */
  async call(method: string, path: string, body?: object): Promise<{ status: number; body: unknown }> {
    const answer = await this.open(method, `/api/v1${path}`, body);
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk as Buffer);
    for (const line of answer.headers['set-cookie'] ?? [])
      if (/^sid(-\d+)?=/.test(line)) this.cookie = line.split(';', 1)[0] ?? '';
    const text = Buffer.concat(chunks).toString();
    return { status: answer.statusCode ?? 0, body: text.startsWith('{') ? JSON.parse(text) : text };
  }

  /** Opens a raw connection and ignores its errors: the server may close it at any time. */
  connection(): Socket {
    const socket = connect({ host: '127.0.0.1', port: this.#port, localAddress: this.address });
    socket.on('error', () => undefined);
    return socket;
  }

  /** Opens a raw WebSocket. @param cookie any Cookie header */
  webSocket(cookie = this.cookie): Socket {
    const socket = this.connection();
    socket.write(
      `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:${this.#port}\r\n` +
        `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
        `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n${cookie && `Cookie: ${cookie}\r\n`}\r\n`,
    );
    return socket;
  }
}

/** Returns a client's frame (RFC 6455, section 5.2), masked with zeros. */
export function frame(opcode: number, payload: Uint8Array | string, fin = true): Buffer {
  const data = Buffer.from(payload);
  const head =
    data.length < 126
      ? Buffer.of(0, 0x80 | data.length)
      : Buffer.of(0, 0xfe, data.length >> 8, data.length & 255);
  head[0] = (fin ? 0x80 : 0) | opcode;
  return Buffer.concat([head, Buffer.alloc(4), data]);
}
