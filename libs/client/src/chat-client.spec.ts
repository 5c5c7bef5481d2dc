import type { Message } from '@app/contracts/edge';
import { eventually } from '@app/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aMessage, aTombstone, CHAT, ME, OTHER } from '../test/factories.js';
import { SmallServer } from '../test/small-server.js';
import { ChatClient } from './chat-client.js';
import { CookieJar } from './cookie-jar.js';
import { MemoryOutboxStorage } from './outbox-storage.js';
import type { Timeline } from './timeline.js';

const texts = (timeline: Timeline): readonly (string | null)[] =>
  timeline.snapshot.items.map((item) => item.message.text);
const numbered = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `m${i + 1}`);

describe('ChatClient', () => {
  let server: SmallServer;
  const clients: ChatClient[] = [];

  beforeEach(async () => {
    server = await new SmallServer().start();
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.stop();
    await server.kill();
  });

  function aClient(outboxStorage = new MemoryOutboxStorage()): ChatClient {
    const client = new ChatClient({ baseUrl: server.url, cookies: new CookieJar(), outboxStorage });
    clients.push(client);
    return client;
  }

  async function signedIn(username: 'me' | 'other', storage?: MemoryOutboxStorage): Promise<ChatClient> {
    const client = aClient(storage);
    await client.logIn(username, 'password');
    await eventually(() => client.state === 'connected' && client.ready, `${username} is connected`);
    return client;
  }

  it('shows both what both write, as it is sent, stored, delivered and read', async () => {
    const [me, other] = await Promise.all([signedIn('me'), signedIn('other')]);
    const [mine, theirs] = [me.timeline(CHAT), other.timeline(CHAT)];
    await eventually(() => mine.snapshot.ready && theirs.snapshot.ready, 'both see the chat');

    const hello = me.send(CHAT, 'hello');
    expect(mine.snapshot.items.at(-1)).toMatchObject({ kind: 'pending', state: 'sending' });
    await hello.stored;
    await other.send(CHAT, 'hi').stored;

    await eventually(() => texts(mine).length === 2 && texts(theirs).length === 2, 'both have both');
    expect(texts(mine)).toEqual(['hello', 'hi']);
    expect(texts(theirs)).toEqual(['hello', 'hi']);
    await eventually(() => mine.snapshot.items[0]?.state === 'delivered', 'it is delivered');
    other.markRead(CHAT, 1);
    await eventually(() => mine.snapshot.items[0]?.state === 'read', 'it is read');
  });

  it('stores each message once and in order, when acknowledgements are lost', async () => {
    const [me, other] = await Promise.all([signedIn('me'), signedIn('other')]);
    const theirs = other.timeline(CHAT);
    server.loseAcks = 2;

    const sendings = numbered(10).map((text) => me.send(CHAT, text));
    await Promise.all(sendings.map(({ stored }) => stored));

    expect(server.history.map(({ text }) => text)).toEqual(numbered(10));
    expect(server.sends).toBeGreaterThan(10);
    await eventually(() => texts(theirs).length === 10, 'the other has them');
    expect(texts(theirs)).toEqual(numbered(10));
  });

  it('loses, doubles and reorders nothing, when the server dies in the middle and comes back', async () => {
    const [me, other] = await Promise.all([signedIn('me'), signedIn('other')]);
    const [mine, theirs] = [me.timeline(CHAT), other.timeline(CHAT)];
    const sendings = numbered(200).map((text) => me.send(CHAT, text));
    await eventually(() => server.history.length > 20, 'some are stored');

    await server.kill();
    expect(server.history.length).toBeLessThan(200);
    await eventually(() => me.state === 'reconnecting', 'it is noticed');
    await server.start();
    await Promise.all(sendings.map(({ stored }) => stored));

    expect(server.history.map(({ text }) => text)).toEqual(numbered(200));
    await eventually(() => texts(theirs).length === 200 && texts(mine).length === 200, 'both have all');
    expect(texts(mine)).toEqual(numbered(200));
    expect(texts(theirs)).toEqual(numbered(200));
  }, 15_000);

  it('follows every message once and in order, also what came while it was away', async () => {
    const other = await signedIn('other');
    const followed: string[] = [];
    other.follow(({ text }) => void followed.push(text ?? ''));
    server.tell('message:new', { message: server.store(ME, 'm1', 'c1') });
    await eventually(() => followed.length === 1, 'the first has come');

    await server.kill();
    for (let i = 2; i <= 300; i++) server.store(ME, `m${i}`, `c${i}`);
    await server.start();
    await eventually(() => other.state === 'connected', 'it is back');
    server.tell('message:new', { message: server.store(ME, 'm301', 'c301') });

    await eventually(() => followed.length === 301, 'all have come');
    expect(followed).toEqual(numbered(301));
  });

  it('waits with a chat’s next message, when the listener is still at one', async () => {
    const other = await signedIn('other');
    const steps: string[] = [];
    other.follow(async ({ text }) => {
      steps.push(`begin ${text}`);
      await other.api.me();
      steps.push(`end ${text}`);
    });

    for (const n of [1, 2]) server.tell('message:new', { message: server.store(ME, `m${n}`, `c${n}`) });

    await eventually(() => steps.length === 4, 'both are done');
    expect(steps).toEqual(['begin m1', 'end m1', 'begin m2', 'end m2']);
  });

  it('begins where it is told to, when a program has followed before', async () => {
    for (let i = 1; i <= 5; i++) server.store(ME, `m${i}`, `c${i}`);
    const other = await signedIn('other');
    const followed: number[] = [];

    other.follow(({ seq }) => void followed.push(seq), { after: { [CHAT]: 2 } });

    await eventually(() => followed.length === 3, 'the rest has come');
    expect(followed).toEqual([3, 4, 5]);
  });

  it('tells of messages as they come, and counts them until they are read', async () => {
    const me = await signedIn('me');
    const told: Message[] = [];
    me.on('message', (message) => told.push(message));

    server.tell('message:new', { message: server.store(OTHER, 'new', 'c1') });
    await eventually(() => told.length === 1, 'it is told');
    expect(me.unread).toBe(1);
    me.markRead(CHAT, 1);

    expect(me.unread).toBe(0);
    await eventually(() => server.reads.length === 1, 'the server knows');
    expect(server.reads).toEqual([1]);
  });

  it('shows a tombstone, when a message is deleted', async () => {
    server.store(OTHER, 'secret', aMessage(1).clientMessageId ?? '');
    const me = await signedIn('me');
    const mine = me.timeline(CHAT);
    await eventually(() => texts(mine)[0] === 'secret', 'it is shown');

    server.tell('message:deleted', { message: aTombstone(1) });

    await eventually(() => texts(mine)[0] === null, 'it is gone');
  });

  it('shows a tombstone, when a message was deleted while the client was away', async () => {
    for (const seq of [1, 2]) server.store(OTHER, `m${seq}`, aMessage(seq).clientMessageId ?? '');
    const me = await signedIn('me');
    const mine = me.timeline(CHAT);
    await eventually(() => texts(mine).length === 2, 'both are shown');

    await server.kill();
    server.history[0] = aTombstone(1);
    await server.start();

    await eventually(() => texts(mine)[0] === null, 'it is gone');
    expect(texts(mine)).toEqual([null, 'm2']);
  });

  it('shows who writes, until their message comes', async () => {
    const [me, other] = await Promise.all([signedIn('me'), signedIn('other')]);

    me.setTyping(CHAT, true);
    await eventually(() => other.typing(CHAT).length === 1, 'the other sees it');
    me.send(CHAT, 'done');

    await eventually(() => other.typing(CHAT).length === 0, 'the other sees that it ended');
    expect(other.typing(CHAT)).toEqual([]);
  });

  it('sends what was left unsent and forgets it, when the page is loaded again', async () => {
    const storage = new MemoryOutboxStorage();
    const before = await signedIn('me', storage);
    await server.kill();
    await eventually(() => before.state === 'reconnecting', 'it is noticed');
    for (const text of ['a', 'b']) before.send(CHAT, text);
    before.stop();
    await server.start();

    await signedIn('me', storage);

    await eventually(() => server.history.length === 2, 'they are stored');
    expect(server.history.map(({ text }) => text)).toEqual(['a', 'b']);
    await eventually(() => storage.load(ME).length === 0, 'they are forgotten');
  });

  it('wipes the unsent messages of this user and of nobody else, when one signs out', async () => {
    const storage = new MemoryOutboxStorage();
    const entry = {
      chatId: CHAT,
      clientMessageId: 'x',
      text: 'theirs',
      createdAt: '2026-01-01T00:00:00.000Z',
    };
    storage.put(OTHER, entry);
    const me = await signedIn('me', storage);
    server.refuseSend = () => ({ ok: false, error: { code: 'CHAT_NOT_FOUND', message: 'none' } });
    const failed = me.send(CHAT, 'mine');
    await failed.stored.catch(() => undefined);
    expect(storage.load(ME)).toHaveLength(1);

    await me.signOut();

    expect(storage.load(ME)).toEqual([]);
    expect(storage.load(OTHER)).toEqual([entry]);
    expect(me).toMatchObject({ state: 'signed-out', user: null, chats: [] });
    await expect(me.resume()).resolves.toBeNull();
  });

  it.each([
    ['revoked', 1],
    ['expired', 1],
    ['password-changed', 1],
    ['logged-out', 0],
    ['account-deleted', 0],
  ] as const)('says why a session ended (%s) and keeps %i unsent message', async (reason, kept) => {
    const storage = new MemoryOutboxStorage();
    const me = await signedIn('me', storage);
    server.refuseSend = () => ({ ok: false, error: { code: 'INTERNAL', message: 'a bug' } });
    await me.send(CHAT, 'mine').stored.catch(() => undefined);
    const states: unknown[] = [];
    me.on('state', (state) => states.push(state));

    server.tell('session:ended', { reason });

    await eventually(() => states.length === 1, 'it is told');
    expect(states).toEqual([{ state: 'signed-out', reason }]);
    expect(storage.load(ME)).toHaveLength(kept);
  });

  it('keeps the unsent messages for the next time, when the session expires', async () => {
    const storage = new MemoryOutboxStorage();
    const me = await signedIn('me', storage);
    server.refuseSend = () => ({ ok: false, error: { code: 'SERVICE_UNAVAILABLE', message: 'away' } });
    me.send(CHAT, 'mine');

    server.tell('session:ended', { reason: 'expired' });

    await eventually(() => me.state === 'signed-out', 'it is told');
    expect(storage.load(ME)).toMatchObject([{ text: 'mine' }]);
  });

  it('drops a chat with its unsent messages and ends its timelines, when it is deleted', async () => {
    const storage = new MemoryOutboxStorage();
    const me = await signedIn('me', storage);
    const mine = me.timeline(CHAT);
    const removed: string[] = [];
    me.on('chat-removed', ({ chatId }) => removed.push(chatId));
    server.refuseSend = () => ({ ok: false, error: { code: 'SERVICE_UNAVAILABLE', message: 'away' } });
    me.send(CHAT, 'unsent');

    server.tell('chat:deleted', { chatId: CHAT });

    await eventually(() => removed.length === 1, 'it is told');
    expect(storage.load(ME)).toEqual([]);
    expect(mine.snapshot).toMatchObject({ gone: true, deleted: true, items: [] });
    expect(me.chats).toEqual([]);
  });

  it('drops the unsent messages of a chat that was deleted while the page was closed', async () => {
    const storage = new MemoryOutboxStorage();
    const entry = {
      chatId: 'gone',
      clientMessageId: 'x',
      text: 'old',
      createdAt: '2026-01-01T00:00:00.000Z',
    };
    storage.put(ME, entry);
    server.refuseSend = () => ({ ok: false, error: { code: 'SERVICE_UNAVAILABLE', message: 'away' } });

    await signedIn('me', storage);

    expect(storage.load(ME)).toEqual([]);
  });

  it('refuses to send, when nobody is signed in', () => {
    expect(() => aClient().send(CHAT, 'x')).toThrow(expect.objectContaining({ code: 'UNAUTHENTICATED' }));
  });
});
