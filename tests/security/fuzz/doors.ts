import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { randomBytes } from 'node:crypto';

/** How long an answer may take on a busy machine, in milliseconds. */
export const ANSWER_MS = 60_000;

/** Sends bytes on a new connection. @returns what the server answers until it closes */
export async function rawBytes(port: number, bytes: Uint8Array): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const read = reading(socket);
  socket.end(bytes);
  return read;
}

/** Returns what a server sends until it closes. Throws when it neither sends nor closes. */
async function reading(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (part: Buffer) => (text += part.toString('latin1')));
  // The server may end the connection with a reset.
  socket.on('error', () => undefined);
  socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error('silent')));
  await once(socket, 'close');
  if (socket.errored?.message === 'silent') throw new Error('the server neither answered nor closed');
  return text;
}

/** Sends frames on a new raw WebSocket, and waits until the server closes. */
export async function rawFrames(port: number, cookie: string, frames: readonly Uint8Array[]): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  const closed = reading(socket);
  socket.write(
    `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nCookie: ${cookie}\r\n` +
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
  );
  await Promise.race([once(socket, 'data'), closed]);
  for (const bytes of frames) if (socket.writable) socket.write(bytes);
  socket.end();
  await closed;
}

/** Returns a masked WebSocket frame, as browsers send it. */
export function frame(opcode: number, payload: Uint8Array, fin = true): Uint8Array {
  const mask = randomBytes(4);
  const length =
    payload.length < 126
      ? Buffer.from([0x80 | payload.length])
      : Buffer.from([0x80 | 126, payload.length >> 8, payload.length & 0xff]);
  const masked = payload.map((byte, i) => byte ^ (mask[i % 4] ?? 0));
  return Buffer.concat([Buffer.from([(fin ? 0x80 : 0) | (opcode & 0x0f)]), length, mask, masked]);
}

/** A raw long-polling connection to Engine.IO. */
export class Polling {
  private constructor(
    private readonly url: string,
    private readonly cookie: string,
  ) {}

  /** Opens one with a Socket.IO connection. */
  static async open(url: string, cookie: string): Promise<Polling> {
    const base = `${url}/socket.io/?EIO=4&transport=polling`;
    const answer = await fetch(base, { headers: { cookie }, signal: AbortSignal.timeout(ANSWER_MS) });
    const { sid } = JSON.parse((await answer.text()).slice(1)) as { sid: string };
    const polling = new Polling(`${base}&sid=${sid}`, cookie);
    await polling.post('40');
    return polling;
  }

  /** Posts packets. @returns the status */
  async post(body: string | Uint8Array): Promise<number> {
    const answer = await fetch(this.url, {
      method: 'POST',
      headers: { cookie: this.cookie, 'content-type': 'text/plain;charset=UTF-8' },
      body: typeof body === 'string' ? body : Buffer.from(body),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    await answer.arrayBuffer();
    return answer.status;
  }
}
