import { randomUUID } from 'node:crypto';
import { ChatClient, CookieJar, MemoryOutboxStorage, type TimelineSnapshot } from '@app/client';
import type { Message } from '@app/contracts/edge';
import { EdgeClient, eventually, Stack } from '@app/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TcpProxy } from './tcp-proxy.js';

let stack: Stack;
const people: Person[] = [];

/** For what starts processes: longer than `Stack` waits for them, so that it tells why a start failed. */
const START_LIMIT_MS = 60_000;

beforeAll(async () => {
  stack = await Stack.start();
}, START_LIMIT_MS);
afterEach(() => {
  for (const { client } of people.splice(0)) client.stop();
});
afterAll(() => stack.stop());

interface Person {
  readonly client: ChatClient;
  readonly storage: MemoryOutboxStorage;
  readonly name: string;
  readonly id: string;
  /** What `follow` gave. */
  readonly followed: Message[];
}

async function aPerson(url = stack.url): Promise<Person> {
  const storage = new MemoryOutboxStorage();
  const client = new ChatClient({ baseUrl: url, cookies: new CookieJar(), outboxStorage: storage });
  const followed: Message[] = [];
  client.follow((message) => void followed.push(message));
  const name = `u-${randomUUID().slice(0, 12)}`;
  const { id } = await client.register(name, EdgeClient.password);
  await eventually(() => client.state === 'connected', 'the client is connected');
  const person = { client, storage, name, id, followed };
  people.push(person);
  return person;
}

async function aPair(bobsUrl = stack.url): Promise<{ ann: Person; bob: Person; chatId: string }> {
  const [ann, bob] = await Promise.all([aPerson(), aPerson(bobsUrl)]);
  const { chat, key } = await ann.client.createChat();
  await bob.client.joinChat(key);
  return { ann, bob, chatId: chat.id };
}

const texts = (messages: readonly Message[]): (string | null)[] => messages.map(({ text }) => text);
const seqs = (messages: readonly Message[]): number[] => messages.map(({ seq }) => seq);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
const stored = (snapshot: TimelineSnapshot): Message[] =>
  snapshot.items.flatMap((item) => (item.kind === 'stored' ? [item.message] : []));

describe('two clients at the real server', () => {
  it('show each other the same messages in the same order, and how far they have come', async () => {
    const { ann, bob, chatId } = await aPair();
    const timeline = ann.client.timeline(chatId);
    await eventually(() => timeline.snapshot.ready, 'the timeline is ready');

    await ann.client.send(chatId, 'hello').stored;
    await bob.client.send(chatId, 'hello to you').stored;
    await ann.client.send(chatId, 'ünï¢ødé 👋').stored;
    await eventually(() => ann.followed.length === 3 && bob.followed.length === 3, 'both have all');
    bob.client.markRead(chatId, 3);

    expect(texts(bob.followed)).toEqual(['hello', 'hello to you', 'ünï¢ødé 👋']);
    expect(ann.followed).toEqual(bob.followed);
    await eventually(
      () => timeline.snapshot.items.every((item) => !item.own || item.state === 'read'),
      'what is read is shown as read',
    );
    expect(texts(stored(timeline.snapshot))).toEqual(texts(bob.followed));
  });

  it(
    'lose, double and reorder nothing when the gateway is killed while they send',
    async () => {
      const { ann, bob, chatId } = await aPair();
      const wanted = upTo(150).map((n) => `message ${n}`);
      const sendings = wanted.map((text) => ann.client.send(chatId, text));
      await eventually(() => bob.followed.length > 10, 'some have arrived');

      const unsent = ann.client.unsent(chatId).length;
      await stack.kill('gateway');
      await eventually(() => ann.client.state === 'reconnecting', 'the loss is shown');
      await stack.restart('gateway');
      const acknowledged = await Promise.all(sendings.map((sending) => sending.stored));
      await eventually(() => bob.followed.length >= wanted.length, 'all have arrived');

      expect(unsent).toBeGreaterThan(0);
      expect(seqs(acknowledged)).toEqual(upTo(150));
      expect(texts(bob.followed)).toEqual(wanted);
      expect(seqs(bob.followed)).toEqual(upTo(150));
      const page = await bob.client.api.messages(chatId, { after: 0, limit: 200 });
      expect(texts(page.messages)).toEqual(wanted);
      expect(page.hasMore).toBe(false);
    },
    START_LIMIT_MS,
  );

  it('fetch what came while their connection was silent', async () => {
    const proxy = await TcpProxy.start(stack.port);
    try {
      const { ann, bob, chatId } = await aPair(proxy.url);
      const timeline = bob.client.timeline(chatId);
      await ann.client.send(chatId, 'before').stored;
      await eventually(() => bob.followed.length === 1, 'the first has arrived');

      proxy.silence();
      await Promise.all(upTo(30).map((n) => ann.client.send(chatId, `missed ${n}`).stored));
      expect(bob.followed).toHaveLength(1);
      await eventually(() => bob.followed.length === 31, 'what was missed is fetched', 60_000);

      expect(seqs(bob.followed)).toEqual(upTo(31));
      await eventually(() => stored(timeline.snapshot).length === 31, 'the timeline has them too');
      expect(seqs(stored(timeline.snapshot))).toEqual(upTo(31));
    } finally {
      for (const { client } of people) client.stop();
      await proxy.stop();
    }
  });

  it(
    'leave nothing unsent behind when one signs out, although the server is away',
    async () => {
      const { ann, chatId } = await aPair();
      await stack.kill('gateway');
      await eventually(() => ann.client.state === 'reconnecting', 'the loss is shown');
      ann.client.send(chatId, 'never sent');
      expect(ann.storage.load(ann.id)).toHaveLength(1);

      await expect(ann.client.signOut()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
      await stack.restart('gateway');

      expect(ann.storage.load(ann.id)).toEqual([]);
      expect(ann.client.state).toBe('signed-out');
      await ann.client.logIn(ann.name, EdgeClient.password);
      await ann.client.send(chatId, 'sent').stored;
      const { messages } = await ann.client.api.messages(chatId);
      expect(texts(messages)).toEqual(['sent']);
    },
    START_LIMIT_MS,
  );

  it('both see a deleted message as its tombstone', async () => {
    const { ann, bob, chatId } = await aPair();
    const timeline = bob.client.timeline(chatId);
    const message = await ann.client.send(chatId, 'regretted').stored;
    await eventually(() => texts(stored(timeline.snapshot))[0] === 'regretted', 'the message has arrived');

    await ann.client.deleteMessage(chatId, message.id ?? '');

    await eventually(() => stored(timeline.snapshot)[0]?.deletedAt, 'the tombstone has arrived');
    expect(texts(stored(timeline.snapshot))).toEqual([null]);
    const { messages } = await bob.client.api.messages(chatId);
    expect(texts(messages)).toEqual([null]);
  });

  it('both lose a chat that one deletes, and keep no text for it', async () => {
    const { ann, bob, chatId } = await aPair();
    const timeline = bob.client.timeline(chatId);
    await ann.client.send(chatId, 'soon gone').stored;
    await eventually(() => bob.followed.length === 1, 'the message has arrived');
    const removed: string[] = [];
    bob.client.on('chat-removed', (chat) => removed.push(chat.chatId));

    const receipt = await ann.client.deleteChat(chatId);
    await eventually(() => removed.length > 0 && timeline.snapshot.gone, 'the other client knows');
    expect(removed).toEqual([chatId]);
    expect(receipt).toMatchObject({ chatId, messagesErased: 1 });
    expect([ann.client.chats, bob.client.chats]).toEqual([[], []]);
    expect(() => bob.client.send(chatId, 'too late')).toThrow('CHAT_NOT_FOUND');
    expect(bob.storage.load(bob.id)).toEqual([]);
    await expect(bob.client.api.messages(chatId)).rejects.toMatchObject({ code: 'CHAT_NOT_FOUND' });
  });
});
