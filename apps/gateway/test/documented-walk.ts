import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Message, Session } from '@app/contracts/edge';
import { bareRequest, EdgeClient, eventually, type TestSocket } from '@app/testing';
import type { NatsConnection } from '@nats-io/transport-node';
import { freshAddress, type ApiDocument, type DocumentedCall, DocumentedClient } from './api-document.js';

const EVIL = { origin: 'https://evil.example' };
const OVER_64_KIB = JSON.stringify({ name: ' '.repeat(70_000) });

/** Bodies that are as described, for the calls that need one to come as far as the chat they name. */
const FITTING: Readonly<Record<string, () => object>> = {
  'PATCH /api/v1/chats/{id}': () => ({ name: 'a name' }),
  'POST /api/v1/chats/{id}/messages': () => ({ clientMessageId: randomUUID(), text: 'a text' }),
  'POST /api/v1/chats/{id}/read': () => ({ seq: 1 }),
  'POST /api/v1/auth/register': () => ({ username: aName(), password: EdgeClient.password }),
  'POST /api/v1/auth/login': () => ({ username: aName(), password: EdgeClient.password }),
  'POST /api/v1/auth/reset': () => ({
    token: randomBytes(32).toString('base64url'),
    newPassword: 'a longer horse and its battery',
  }),
};

/** A name that nobody has. */
export function aName(): string {
  return `u-${randomUUID().slice(0, 12)}`;
}

/** The path of a call with an id in each of its places. */
export function filled(path: string, id: string = randomUUID()): string {
  return path.replaceAll(/\{\w+\}/g, id);
}

/** Every person of the walk. */
export class Walk {
  readonly clients: DocumentedClient[] = [];
  /** Every event that a socket got, and every acknowledgement: `[event, payload]`. */
  readonly heard: (readonly [string, unknown])[] = [];
  readonly acknowledged: (readonly [string, unknown])[] = [];
  private readonly sockets: TestSocket[] = [];
  private refusedOne: DocumentedClient | undefined;

  constructor(
    private readonly url: string,
    private readonly document: ApiDocument,
  ) {}

  /** What did not fit the document. */
  get problems(): string[] {
    return this.clients.flatMap(({ problems }) => problems);
  }

  /** Someone without a session. */
  nobody(): DocumentedClient {
    const client = new DocumentedClient(this.url, this.document);
    this.clients.push(client);
    return client;
  }

  /** Someone with an account. */
  async someone(username = aName()): Promise<DocumentedClient> {
    const client = await DocumentedClient.signUp(this.url, this.document, username);
    this.clients.push(client);
    return client;
  }

  /** What a call can be refused for before it is looked at: 401, 403, 413, 415, 400 and no such chat. */
  async refused(method: string, path: string, { security, responses }: DocumentedCall): Promise<void> {
    // The rate of messages counts what is refused for its form as well: two calls each.
    const counted = method === 'POST' && path.endsWith('/messages');
    const [client, other] = counted
      ? [await this.someone(), await this.someone()]
      : [(this.refusedOne ??= await this.someone()), this.refusedOne];
    const place = filled(path);
    if (security.length > 0) await this.nobody().request(method, place);
    if (method !== 'GET') {
      await client.request(method, place, undefined, EVIL);
      await client.request(method, place, OVER_64_KIB);
      await client.request(method, place, '{}', { 'content-type': 'text/plain' });
    }
    if (responses['400'])
      await other.request(method, filled(path, 'NO'), method === 'GET' ? undefined : { unknown: 1 });
    if (responses['404']) await other.request(method, place, FITTING[`${method} ${path}`]?.());
  }

  /** What is limited, until it is. */
  async limited(): Promise<void> {
    const client = await this.someone();
    const one = { 'x-forwarded-for': freshAddress() };
    for (const path of ['/auth/register', '/auth/login', '/auth/reset', '/chats/join'])
      for (let i = 0; i <= 5; i++) await client.call('POST', path, {}, one);
    for (let i = 0; i <= 3; i++) await client.call('POST', `/chats/${randomUUID()}/messages`, {});
    await this.limitedWithoutSession(one);
  }

  /** Every call that needs a session, from an address that has used up its rate. */
  private async limitedWithoutSession(address: Record<string, string>): Promise<void> {
    const stranger = this.nobody();
    const calls = new Set(this.document.calls.filter(({ call }) => call.security.length > 0));
    await eventually(async () => {
      await Promise.all(
        Array.from({ length: 300 }, () =>
          new EdgeClient(this.url).call('GET', '/auth/me', undefined, address),
        ),
      );
      // While these are asked the rate gives some calls back: what was not refused is asked again.
      for (const call of calls) {
        const { status } = await stranger.request(call.method, filled(call.path), undefined, address);
        if (status === 429) calls.delete(call);
      }
      return calls.size === 0;
    }, 'every call is RATE_LIMITED');
  }

  /** A conversation with everything that can be done in one, and what can go wrong in it. */
  async conversation(): Promise<void> {
    const [ann, bob, cid] = await Promise.all([this.someone(), this.someone(), this.someone()]);
    const { chat, key } = await ann.createChat('with a name');
    await bob.join(key);
    const [annSocket, bobSocket] = await Promise.all([this.listen(ann), this.listen(bob)]);
    await eventually(() => this.heard.some(([name]) => name === 'presence'), 'presence is told');
    await cid.call('POST', '/chats/join', { key });
    await this.keyOfNothing(cid);
    const path = `/chats/${chat.id}`;
    const first = { clientMessageId: randomUUID(), text: 'a text' };
    const { body } = await ann.call('POST', `${path}/messages`, first);
    await ann.call('POST', `${path}/messages`, first);
    await ann.call('POST', `${path}/messages`, { ...first, text: 'another' });
    await this.marksAndSigns(chat.id, annSocket, bobSocket);
    await bob.call('POST', `${path}/read`, { seq: 1 });
    for (const part of ['', '/key', '/stored', '/messages?limit=1&before=9&after=0'])
      await ann.call('GET', path + part);
    await ann.call('PATCH', path, { name: 'renamed' });
    const { id } = body['message'] as Message & { id: string };
    await bob.call('DELETE', `${path}/messages/${id}`);
    await ann.call('DELETE', `${path}/messages/${id}`);
    await ann.call('GET', '/chats');
    await bob.call('DELETE', `${path}/members/me`);
    await bob.join(key);
    await eventually(() => this.heard.some(([name]) => name === 'chat:member-joined'), 'the join is told');
    await bob.call('DELETE', path);
    await this.sessions(bob);
    await this.account(ann, bob);
  }

  /** What the operator of an installation does, and who then comes with a link for a new password. */
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

  /** A key that is well-formed and no chat's. */
  private async keyOfNothing(client: DocumentedClient): Promise<void> {
    const { chat, key } = await client.createChat();
    await client.call('DELETE', `/chats/${chat.id}`);
    await client.call('POST', '/chats/join', { key });
  }

  private async marksAndSigns(chatId: string, annSocket: TestSocket, bobSocket: TestSocket): Promise<void> {
    const ask = async (socket: TestSocket, event: string, payload: object): Promise<void> => {
      this.acknowledged.push([event, await socket.ask(event, payload)]);
      this.acknowledged.push([event, await socket.ask(event, { ...payload, unknown: 1 })]);
    };
    await ask(bobSocket, 'message:send', { chatId, clientMessageId: randomUUID(), text: 'by socket' });
    await ask(annSocket, 'message:delivered', { chatId, seq: 2 });
    await ask(annSocket, 'message:read', { chatId, seq: 2 });
    await ask(annSocket, 'typing', { chatId, typing: true });
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
    socket.socket.onAny((event: string, payload: unknown) => this.heard.push([event, payload]));
    this.sockets.push(socket);
    return socket;
  }

  /** A call by each way of the document, with a session that nothing here has seen. */
  async unavailable(): Promise<() => Promise<void>> {
    const late = await this.someone();
    return async () => {
      await Promise.all(
        this.document.calls.map(({ method, path }) =>
          late.request(method, filled(path), FITTING[`${method} ${path}`]?.()),
        ),
      );
    };
  }

  /** Ends the sockets. */
  close(): void {
    for (const { socket } of this.sockets) socket.disconnect();
  }
}
