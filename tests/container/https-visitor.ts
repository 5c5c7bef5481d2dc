import { randomUUID } from 'node:crypto';
import { request } from 'node:https';
import { EdgeClient } from '@app/testing';
import { io, type Socket } from 'socket.io-client';

/** An answer of the API. */
export interface Answer {
  readonly status: number;
  readonly cookies: readonly string[];
  readonly body: Record<string, unknown>;
}

/** Someone who comes over HTTPS and believes one authority only. */
export class HttpsVisitor {
  private cookie = '';
  private readonly sockets: Socket[] = [];

  /**
   * @param url the origin
   * @param authority the certificate, as PEM, of the one authority that is believed
   */
  constructor(
    private readonly url: string,
    private readonly authority: string,
  ) {}

  /** Calls the API under /api/v1 and keeps the cookies. */
  async call(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const answer = await new Promise<Answer>((done, failed) => {
      const outgoing = request(
        `${this.url}/api/v1${path}`,
        {
          method: 'POST',
          ca: this.authority,
          agent: false,
          headers: { 'content-type': 'application/json', cookie: this.cookie, ...headers },
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            done({
              status: incoming.statusCode ?? 0,
              cookies: incoming.headers['set-cookie'] ?? [],
              body: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {},
            });
          });
        },
      );
      outgoing.on('error', failed);
      outgoing.end(JSON.stringify(body));
    });
    if (answer.cookies.length > 0) this.cookie = answer.cookies.map((line) => line.split(';')[0]).join('; ');
    return answer;
  }

  /** Signs up under a fresh name. */
  signUp(): Promise<Answer> {
    return this.call('/auth/register', {
      username: `u-${randomUUID().slice(0, 12)}`,
      password: EdgeClient.password,
    });
  }

  /** Sends a message by socket and gives its acknowledgement, within 5 s. */
  async say(chatId: string, text: string): Promise<{ ok: boolean }> {
    const socket = io(this.url, {
      transports: ['websocket'],
      reconnection: false,
      ca: this.authority,
      extraHeaders: { cookie: this.cookie },
    });
    this.sockets.push(socket);
    const message = { chatId, clientMessageId: randomUUID(), text };
    return (await socket.timeout(5_000).emitWithAck('message:send', message)) as { ok: boolean };
  }

  /** Closes all sockets. */
  close(): void {
    for (const socket of this.sockets) socket.disconnect();
  }
}
