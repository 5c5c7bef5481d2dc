import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type {
  Chat,
  ClientEvents,
  Message,
  ServerEventPayloads,
  ServerEvents,
  User,
} from '@app/contracts/edge';
import { io, type Socket } from 'socket.io-client';
import { eventually } from './eventually.js';

/** An HTTP response of the edge. */
export interface EdgeAnswer {
  readonly status: number;
  readonly headers: Headers;
  // Untyped: the tests check the shape that the contract requires.
  readonly body: Record<string, unknown>;
}

/** A client socket that records its events in the order of arrival. */
export interface TestSocket {
  readonly socket: Socket<ServerEvents, ClientEvents>;
  readonly events: readonly { readonly name: keyof ServerEventPayloads; readonly payload: unknown }[];
  /** Returns the payloads of one event so far. */
  of<E extends keyof ServerEventPayloads>(name: E): ServerEventPayloads[E][];
  /** Emits an event and returns its acknowledgement. Throws when none arrives within 5 s. */
  ask(event: string, ...args: unknown[]): Promise<Record<string, unknown>>;
}

const PASSWORD = 'correct horse battery staple';
const SIGN_UP_LIMIT_MS = 30_000;

/** A user's client of the edge: HTTP with a cookie jar, and Socket.IO. */
export class EdgeClient {
  readonly cookies = new Map<string, string>();
  private readonly sockets: Socket[] = [];
  user: User | undefined;

  constructor(readonly url: string) {}

  /**
   * Signs up with a new username. Hashing can be slow on a busy machine: like any client, it retries after a 503, and logs
   * in where an earlier attempt has succeeded.
   */
  static async signedUp(url: string, username = `u-${randomUUID().slice(0, 12)}`): Promise<EdgeClient> {
    const client = new EdgeClient(url);
    const account = { username, password: PASSWORD };
    let answer = await client.call('POST', '/auth/register', account);
    for (const deadline = Date.now() + SIGN_UP_LIMIT_MS; answer.status === 503 && Date.now() < deadline;) {
      await pause(Number(answer.headers.get('retry-after')) * 1_000);
      answer = await client.call('POST', '/auth/register', account);
      if (answer.status !== 409) continue;
      answer = await client.call('POST', '/auth/login', account);
      if (answer.status === 200) answer = { ...answer, status: 201 };
    }
    if (answer.status !== 201)
      throw new Error(`sign-up gave ${answer.status}: ${JSON.stringify(answer.body)}`);
    client.user = answer.body['user'] as User;
    return client;
  }

  /** The password of all accounts that `signedUp` creates. */
  static readonly password = PASSWORD;

  /** The user's id. */
  get id(): string {
    if (!this.user) throw new Error('nobody is signed up');
    return this.user.id;
  }

  /** The Cookie header. */
  get cookie(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  /** The session token, if there is one. */
  get token(): string | undefined {
    return this.cookies.get(this.sessionCookie ?? '');
  }

  /** Replaces the token in the session cookie. */
  set token(token: string) {
    this.cookies.set(this.sessionCookie ?? 'sid', token);
  }

  private get sessionCookie(): string | undefined {
    return [...this.cookies.keys()].find((name) => /^(__Host-)?sid(-\d+)?$/.test(name));
  }

  /** Calls the API under /api/v1. `body` is sent as JSON, a string unchanged. */
  call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<EdgeAnswer> {
    return this.request(method, `/api/v1${path}`, body, headers);
  }

  /** Sends a request to any path. */
  async request(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<EdgeAnswer> {
    const response = await fetch(this.url + path, {
      method,
      redirect: 'manual',
      signal: AbortSignal.timeout(30_000),
      headers: {
        ...(this.cookies.size > 0 && { cookie: this.cookie }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '' || /max-age=0(;|$)/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    const parsed: unknown = isJson && text !== '' ? JSON.parse(text) : { text };
    return { status: response.status, headers: response.headers, body: parsed as Record<string, unknown> };
  }

  /** Creates a chat. */
  async createChat(name?: string): Promise<{ chat: Chat; key: string }> {
    const answer = await this.call('POST', '/chats', name === undefined ? {} : { name });
    if (answer.status !== 201) throw new Error(`POST /chats gave ${answer.status}`);
    return answer.body as unknown as { chat: Chat; key: string };
  }

  /** Joins a chat. */
  async join(key: string): Promise<Chat> {
    const answer = await this.call('POST', '/chats/join', { key });
    if (answer.status !== 200) throw new Error(`joining gave ${answer.status}`);
    return answer.body['chat'] as Chat;
  }

  /** Sends a message by HTTP. */
  async send(chatId: string, text: string, clientMessageId: string = randomUUID()): Promise<Message> {
    const answer = await this.call('POST', `/chats/${chatId}/messages`, { clientMessageId, text });
    if (answer.status !== 201 && answer.status !== 200) throw new Error(`sending gave ${answer.status}`);
    return answer.body['message'] as Message;
  }

  /** Returns a page of history. */
  async page(chatId: string, query = ''): Promise<{ messages: Message[]; hasMore: boolean }> {
    const answer = await this.call('GET', `/chats/${chatId}/messages${query}`);
    if (answer.status !== 200) throw new Error(`history gave ${answer.status}`);
    return answer.body as unknown as { messages: Message[]; hasMore: boolean };
  }

  /** Connects a socket with the client's session. */
  async connect(
    options: { headers?: Record<string, string>; transports?: ('polling' | 'websocket')[] } = {},
  ): Promise<TestSocket> {
    const { test, connected } = this.open(options);
    await connected;
    return test;
  }

  /** Tries to connect, and returns the data of `connect_error`. @param auth the handshake's `auth` */
  async refusal(headers: Record<string, string> = {}, auth: object = {}): Promise<unknown> {
    const { connected } = this.open({ headers, auth });
    try {
      await connected;
    } catch (error) {
      return error instanceof Error && 'data' in error ? error.data : error;
    }
    throw new Error('the handshake was not refused');
  }

  private open(options: {
    headers?: Record<string, string>;
    transports?: ('polling' | 'websocket')[];
    auth?: object;
  }): {
    test: TestSocket;
    connected: Promise<void>;
  } {
    const socket: Socket<ServerEvents, ClientEvents> = io(this.url, {
      transports: options.transports ?? ['websocket'],
      forceNew: true,
      reconnection: false,
      ...(options.auth ? { auth: { ...options.auth } } : {}),
      extraHeaders: { cookie: this.cookie, ...options.headers },
    });
    this.sockets.push(socket);
    const events: { name: keyof ServerEventPayloads; payload: unknown }[] = [];
    socket.onAny((name: keyof ServerEventPayloads, payload: unknown) => events.push({ name, payload }));
    const connected = new Promise<void>((done, failed) => {
      socket.once('connect', done);
      socket.once('connect_error', failed);
    });
    const test: TestSocket = {
      socket,
      events,
      of: (name) => events.flatMap((event) => (event.name === name ? [event.payload as never] : [])),
      ask: async (event, ...args) => {
        const untyped = socket as unknown as {
          timeout(ms: number): { emitWithAck(...a: unknown[]): Promise<unknown> };
        };
        return (await untyped.timeout(5_000).emitWithAck(event, ...args)) as Record<string, unknown>;
      },
    };
    return { test, connected };
  }

  /** Closes all sockets. */
  close(): void {
    for (const socket of this.sockets) socket.disconnect();
  }

  /** Waits until a socket is disconnected by the server. */
  static async disconnected(test: TestSocket, limitMs = 5_000): Promise<void> {
    await eventually(() => !test.socket.connected, 'the socket is disconnected', limitMs);
  }
}
