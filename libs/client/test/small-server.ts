import type { Ack, Chat, Message, User } from '@app/contracts/edge';
import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, type Socket } from 'socket.io';
import { aChat, aMember, aMessage, CHAT, ME, OTHER } from './factories.js';

const USERS: ReadonlyMap<string, User> = new Map(
  [
    { id: ME, username: 'me' },
    { id: OTHER, username: 'other' },
  ].map((user) => [user.username, { ...user, createdAt: '2026-01-01T00:00:00.000Z' }]),
);

/** What a handler answers: a status and a JSON body. */
interface Answer {
  readonly status: number;
  readonly body?: object;
  readonly headers?: Record<string, string>;
}

/**
 * A real HTTP and Socket.IO server that keeps one chat of two in memory: so much of the contract as the client's
 * own specs need, with faults to order. What the client promises is tested against the real server in *.int-spec.ts.
 */
export class SmallServer {
  readonly history: Message[] = [];
  /** Handshakes are refused with this code. */
  refuseHandshake: string | undefined;
  /** So many acknowledgements are lost after the message was stored. */
  loseAcks = 0;
  /** Sends are answered by this instead of being stored. */
  refuseSend: (text: string) => Ack | undefined = () => undefined;
  /** Called for each page of history that is asked for; pages are refused with this code, and not without one. */
  refusePage: () => 'RATE_LIMITED' | 'INTERNAL' | undefined = () => undefined;
  /** Counted: `message:send` events that came in. */
  sends = 0;
  readonly reads: number[] = [];
  chats: Chat[] = [aChat({ members: [aMember({ id: ME, username: 'me' }), aMember()] })];
  /** How long a client may take to answer a ping, in milliseconds; for the next start. */
  pingTimeout = 2_000;
  #http: HttpServer | undefined;
  #io: Server | undefined;
  #port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  /** Listens, on the same port as before after a `kill`. */
  async start(): Promise<this> {
    this.#http = createServer((request, response) => void this.#answer(request, response));
    const options = { pingInterval: 2_500, pingTimeout: this.pingTimeout, serveClient: false };
    this.#io = new Server(this.#http, options);
    this.#io.use((socket, next) => {
      const code = this.refuseHandshake ?? (userOf(socket.request) ? undefined : 'UNAUTHENTICATED');
      next(
        code === undefined ? undefined : Object.assign(new Error(code), { data: { code, message: code } }),
      );
    });
    this.#io.on('connection', (socket) => this.#connected(socket));
    this.#http.listen(this.#port, '127.0.0.1');
    await once(this.#http, 'listening');
    this.#port = (this.#http.address() as AddressInfo).port;
    return this;
  }

  /** Ends every connection in the middle of whatever it does. */
  async kill(): Promise<void> {
    const http = this.#http;
    this.#http = undefined;
    http?.closeAllConnections();
    this.#io?.disconnectSockets(true);
    await this.#io?.close();
  }

  /** Tells every socket, or those of one user, of an event. */
  tell(event: string, payload: object, userId?: string): void {
    (userId === undefined ? this.#io : this.#io?.to(userId))?.emit(event, payload);
  }

  /** How many sockets are connected. */
  get sockets(): number {
    return this.#io?.engine.clientsCount ?? 0;
  }

  /** By which transports they are. */
  get transports(): readonly string[] {
    return [...(this.#io?.sockets.sockets.values() ?? [])].map((socket) => socket.conn.transport.name);
  }

  /** Stores a message without telling anyone. */
  store(senderId: string, text: string, clientMessageId: string): Message {
    const known = this.history.find((message) => message.clientMessageId === clientMessageId);
    if (known) return known;
    const message = aMessage(this.history.length + 1, { senderId, text, clientMessageId });
    this.history.push(message);
    this.chats = this.chats.map((chat) => ({ ...chat, lastSeq: message.seq, lastMessage: message }));
    return message;
  }

  /** Puts another message in the place of a stored one, as an edit or a deletion does, without telling anyone. */
  change(message: Message): void {
    this.history[message.seq - 1] = message;
  }

  #connected(socket: Socket): void {
    const user = userOf(socket.request);
    if (!user) return;
    void socket.join(user.id);
    socket.on(
      'message:send',
      (payload: { text: string; clientMessageId: string }, ack: (answer: Ack) => void) => {
        this.sends++;
        const refusal = this.refuseSend(payload.text);
        if (refusal) return ack(refusal);
        const before = this.history.length;
        const message = this.store(user.id, payload.text, payload.clientMessageId);
        if (this.loseAcks > 0) {
          this.loseAcks--;
          socket.conn.close();
        } else ack({ ok: true, message } as Ack);
        if (this.history.length > before) socket.broadcast.emit('message:new', { message });
      },
    );
    for (const event of ['message:delivered', 'message:read']) {
      socket.on(event, ({ seq }: { seq: number }, ack: (answer: Ack) => void) => {
        if (event === 'message:read') this.reads.push(seq);
        ack({ ok: true });
        const marks = { deliveredSeq: seq, readSeq: event === 'message:read' ? seq : 0 };
        this.#io?.emit('receipt', { chatId: CHAT, userId: user.id, ...marks });
      });
    }
    socket.on('typing', ({ typing }: { typing: boolean }, ack: (answer: Ack) => void) => {
      ack({ ok: true });
      socket.broadcast.emit('typing', { chatId: CHAT, userId: user.id, typing });
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    const answer = await this.#route(`${request.method} ${url.pathname}`, url, request);
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    response.end(answer.body && JSON.stringify(answer.body));
  }

  async #route(call: string, url: URL, request: IncomingMessage): Promise<Answer> {
    if (call === 'POST /api/v1/auth/login') {
      const { username } = JSON.parse(await bodyOf(request)) as { username: string };
      const user = USERS.get(username);
      if (!user) return problem(401, 'INVALID_CREDENTIALS');
      return { status: 200, body: { user }, headers: { 'set-cookie': `sid=${username}; Path=/; HttpOnly` } };
    }
    const user = userOf(request);
    if (!user) return problem(401, 'UNAUTHENTICATED');
    switch (call) {
      case 'GET /api/v1/auth/me':
        return { status: 200, body: { user } };
      case 'POST /api/v1/auth/logout':
        this.tell('session:ended', { reason: 'logged-out' }, user.id);
        return { status: 204 };
      case 'GET /api/v1/chats':
        return { status: 200, body: { chats: this.chats } };
      case `GET /api/v1/chats/${CHAT}`:
        return { status: 200, body: { chat: this.chats[0] } };
      case `GET /api/v1/chats/${CHAT}/messages`:
        return this.#pageOrRefusal(url.searchParams);
      default:
        return problem(404, 'NOT_FOUND');
    }
  }

  #pageOrRefusal(query: URLSearchParams): Answer {
    const code = this.refusePage();
    if (code === undefined) return { status: 200, body: this.#page(query) };
    return { ...problem(code === 'INTERNAL' ? 500 : 429, code), headers: { 'retry-after': '0.1' } };
  }

  #page(query: URLSearchParams): object {
    const limit = Number(query.get('limit') ?? 50);
    const before = Number(query.get('before') ?? Number.POSITIVE_INFINITY);
    const found = this.history.filter(({ seq }) => seq < before && seq > Number(query.get('after') ?? 0));
    const messages = query.has('after') ? found.slice(0, limit) : found.slice(-limit);
    return { messages, hasMore: messages.length < found.length };
  }
}

function problem(status: number, code: string): Answer {
  return { status, body: { type: 'about:blank', title: code, status, code, detail: code, requestId: 'r' } };
}

function userOf(request: IncomingMessage): User | undefined {
  const name = /(?:^|; )sid=([^;]*)/.exec(request.headers.cookie ?? '')?.[1];
  return name === undefined ? undefined : USERS.get(name);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString();
}
