import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Message, Session } from '@app/contracts/edge';
import { bareRequest, EdgeClient, eventually, type TestSocket } from '@app/testing';
import type { NatsConnection } from '@nats-io/transport-node';
import { freshAddress, type ApiDocument, type DocumentedCall, DocumentedClient } from './api-document.js';

const EVIL = { origin: 'https://evil.example' };
const OVER_64_KIB = JSON.stringify({ name: ' '.repeat(70_000) });

/** Valid bodies for the calls that need one to get past validation. */
const VALID_BODIES: Readonly<Record<string, () => object>> = {
  'PATCH /api/v1/chats/{id}': () => ({ name: 'a name' }),
  'POST /api/v1/chats/{id}/messages': () => ({ clientMessageId: randomUUID(), text: 'a text' }),
  'PATCH /api/v1/chats/{id}/messages/{messageId}': () => ({ text: 'a text' }),
  'PUT /api/v1/chats/{id}/messages/{messageId}/reaction': () => ({ emoji: '👍' }),
  'POST /api/v1/chats/{id}/read': () => ({ seq: 1 }),
  'POST /api/v1/auth/register': () => ({ username: aName(), password: EdgeClient.password }),
  'POST /api/v1/auth/login': () => ({ username: aName(), password: EdgeClient.password }),
  'POST /api/v1/auth/reset': () => ({
    token: randomBytes(32).toString('base64url'),
    newPassword: 'a longer horse and its battery',
  }),
};

/** Returns an unused username. */
export function aName(): string {
  return `u-${randomUUID().slice(0, 12)}`;
}

/** Returns the path of a call with an id for each parameter. */
export function filled(path: string, id: string = randomUUID()): string {
  return path.replaceAll(/\{\w+\}/g, id);
}

/** Makes every documented call with clients that check the answers against the document. */
export class Walk {
  readonly clients: DocumentedClient[] = [];
  /** Every event that a socket received: `[event, payload]`. */
  readonly received: (readonly [string, unknown])[] = [];
  /** Every acknowledgement: `[event, payload]`. */
  readonly acknowledged: (readonly [string, unknown])[] = [];
  private readonly sockets: TestSocket[] = [];
  private refusedClient: DocumentedClient | undefined;

  constructor(
    private readonly url: string,
    private readonly document: ApiDocument,
  ) {}

  /** The differences from the document. */
  get problems(): string[] {
    return this.clients.flatMap(({ problems }) => problems);
  }

  /** Returns a client without a session. */
  nobody(): DocumentedClient {
    const client = new DocumentedClient(this.url, this.document);
    this.clients.push(client);
    return client;
  }

  /** Returns a client with an account. */
  async someone(username = aName()): Promise<DocumentedClient> {
    const client = await DocumentedClient.signUp(this.url, this.document, username);
    this.clients.push(client);
    return client;
  }

  /** Provokes the errors of a call that need no state: 401, 403, 413, 415, 400 and CHAT_NOT_FOUND. */
  async refused(method: string, path: string, { security, responses }: DocumentedCall): Promise<void> {
    // MESSAGE_RATE_LIMIT counts invalid messages too, so each client makes only a few of these calls.
    const counted = /^(POST .*\/messages|PATCH .*\/\{messageId\})$/.test(`${method} ${path}`);
    const [client, other] = counted
      ? [await this.someone(), await this.someone()]
      : [(this.refusedClient ??= await this.someone()), this.refusedClient];
    const place = filled(path);
    if (security.length > 0) await this.nobody().request(method, place);
    if (method !== 'GET') {
      await client.request(method, place, undefined, EVIL);
      await client.request(method, place, OVER_64_KIB);
      await client.request(method, place, '{}', { 'content-type': 'text/plain' });
    }
    if (responses['400'])
      await other.request(method, filled(path, 'NO'), method === 'GET' ? undefined : { unknown: 1 });
    if (responses['404']) await other.request(method, place, VALID_BODIES[`${method} ${path}`]?.());
  }

  /** Makes each rate-limited call until it is RATE_LIMITED. */
  async limited(): Promise<void> {
    const client = await this.someone();
    const one = { 'x-forwarded-for': freshAddress() };
    for (const path of ['/auth/register', '/auth/login', '/auth/reset', '/chats/join'])
      for (let i = 0; i <= 5; i++) await client.call('POST', path, {}, one);
    for (let i = 0; i <= 3; i++) await client.call('POST', `/chats/${randomUUID()}/messages`, {});
    await this.limitedWithoutSession(one);
  }

  /** Makes every call that needs a session without one, from an address that has used up its rate. */
  private async limitedWithoutSession(address: Record<string, string>): Promise<void> {
    const stranger = this.nobody();
    const calls = new Set(this.document.calls.filter(({ call }) => call.security.length > 0));
    await eventually(async () => {
      await Promise.all(
        Array.from({ length: 300 }, () =>
          new EdgeClient(this.url).call('GET', '/auth/me', undefined, address),
        ),
      );
      // The bucket refills meanwhile, so calls that were not refused are repeated.
      for (const call of calls) {
        const { status } = await stranger.request(call.method, filled(call.path), undefined, address);
        if (status === 429) calls.delete(call);
      }
      return calls.size === 0;
    }, 'every call is RATE_LIMITED');
  }

  /** Makes every call of a conversation, and the errors that depend on its state. */
  async conversation(): Promise<void> {
    const [ann, bob, cid] = await Promise.all([this.someone(), this.someone(), this.someone()]);
    const { chat, key } = await ann.createChat('with a name');
    await bob.join(key);
    const [annSocket, bobSocket] = await Promise.all([this.listen(ann), this.listen(bob)]);
    await eventually(() => this.received.some(([name]) => name === 'presence'), 'presence arrives');
    await cid.call('POST', '/chats/join', { key });
    await this.joinDeletedChat(cid);
    const path = `/chats/${chat.id}`;
    const first = { clientMessageId: randomUUID(), text: 'a text' };
    const { body } = await ann.call('POST', `${path}/messages`, first);
    await ann.call('POST', `${path}/messages`, first);
    await ann.call('POST', `${path}/messages`, { ...first, text: 'another' });
    await this.socketEvents(chat.id, annSocket, bobSocket);
    await bob.call('POST', `${path}/read`, { seq: 1 });
    for (const part of ['', '/key', '/stored', '/messages?limit=1&before=9&after=0'])
      await ann.call('GET', path + part);
    await ann.call('PATCH', path, { name: 'renamed', messageTtl: 60 });
    const { id } = body['message'] as Message & { id: string };
    await this.changes(path, id, ann, bob);
    await bob.call('DELETE', `${path}/messages/${id}`);
    await ann.call('DELETE', `${path}/messages/${id}`);
    await ann.call('GET', '/chats');
    await bob.call('DELETE', `${path}/members/me`);
    await bob.join(key);
    await eventually(
      () => this.received.some(([name]) => name === 'chat:member-joined'),
      'chat:member-joined arrives',
    );
    await bob.call('DELETE', path);
    await this.sessions(bob);
    await this.account(ann, bob);
  }

  /** Makes every call that changes a message, of one that exists and of one that does not. */
  private async changes(
    path: string,
    id: string,
    ann: DocumentedClient,
    bob: DocumentedClient,
  ): Promise<void> {
    // Ann has sent as many messages as her rate allows at once.
    await eventually(
      async () => (await ann.call('PATCH', `${path}/messages/${id}`, { text: 'edited' })).status === 200,
      'the message is edited',
    );
    for (const messageId of [id, randomUUID()]) {
      await ann.call('GET', `${path}/messages/${messageId}`);
      await bob.call('PUT', `${path}/messages/${messageId}/reaction`, { emoji: '👍' });
      await bob.call('DELETE', `${path}/messages/${messageId}/reaction`);
    }
    await bob.call('PATCH', `${path}/messages/${id}`, { text: 'not bob’s' });
    await bob.call('GET', `${path}/messages?changedAfter=0`);
  }

  /** Makes the operator's requests, and the password reset that follows. */
  async operator(bus: NatsConnection): Promise<void> {
    const client = await this.someone();
    const { username } = client.user ?? { username: '' };
    const token = randomBytes(32).toString('base64url');
    const digest = createHash('sha256').update(token).digest('hex');
    await bareRequest(bus, 'operator.reset', { username, digest });
    for (const newPassword of ['x', 'a longer horse and its battery', 'a longer horse and its battery'])
      await client.call('POST', '/auth/reset', { token, newPassword });
    for (const subject of ['operator.sessions.list', 'operator.sessions.end', 'operator.delete'])
      await bareRequest(bus, subject, { username });
  }

  /** Joins with a well-formed key of a deleted chat. */
  private async joinDeletedChat(client: DocumentedClient): Promise<void> {
    const { chat, key } = await client.createChat();
    await client.call('DELETE', `/chats/${chat.id}`);
    await client.call('POST', '/chats/join', { key });
  }

  private async socketEvents(chatId: string, annSocket: TestSocket, bobSocket: TestSocket): Promise<void> {
    const emit = async (socket: TestSocket, event: string, payload: object): Promise<void> => {
      this.acknowledged.push([event, await socket.ask(event, payload)]);
      this.acknowledged.push([event, await socket.ask(event, { ...payload, unknown: 1 })]);
    };
    await emit(bobSocket, 'message:send', { chatId, clientMessageId: randomUUID(), text: 'by socket' });
    await emit(annSocket, 'message:delivered', { chatId, seq: 2 });
    await emit(annSocket, 'message:read', { chatId, seq: 2 });
    await emit(annSocket, 'typing', { chatId, typing: true });
  }

  private async sessions(client: DocumentedClient): Promise<void> {
    const { username } = client.user ?? { username: '' };
    const second = this.nobody();
    await second.call('POST', '/auth/login', { username, password: 'not the password' });
    await second.call('POST', '/auth/login', { username, password: EdgeClient.password });
    await second.call('POST', '/auth/register', { username, password: EdgeClient.password });
    await client.call('GET', '/auth/me');
    const { body } = await client.call('GET', '/auth/sessions');
    const other = (body['sessions'] as Session[]).find(({ current }) => !current);
    await client.call('DELETE', `/auth/sessions/${other?.id}`);
    await client.call('GET', '/auth/activity');
    await client.call('GET', '/auth/export');
  }

  private async account(ann: DocumentedClient, bob: DocumentedClient): Promise<void> {
    const newPassword = 'a longer horse and its battery';
    await ann.call('PUT', '/auth/password', { currentPassword: 'not the password', newPassword });
    await ann.call('PUT', '/auth/password', { currentPassword: EdgeClient.password, newPassword });
    await ann.call('POST', '/auth/logout');
    await bob.call('DELETE', '/auth/account', { password: 'not the password' });
    await bob.call('DELETE', '/auth/account', { password: EdgeClient.password });
  }

  private async listen(client: DocumentedClient): Promise<TestSocket> {
    const socket = await client.connect();
    socket.socket.onAny((event: string, payload: unknown) => this.received.push([event, payload]));
    this.sockets.push(socket);
    return socket;
  }

  /** Signs up a client. @returns a function that makes every call of the document with its session, which is not cached */
  async unavailable(): Promise<() => Promise<void>> {
    const late = await this.someone();
    return async () => {
      await Promise.all(
        this.document.calls.map(({ method, path }) =>
          late.request(method, filled(path), VALID_BODIES[`${method} ${path}`]?.()),
        ),
      );
    };
  }

  /** Closes the sockets. */
  close(): void {
    for (const { socket } of this.sockets) socket.disconnect();
  }
}
