import { randomUUID } from 'node:crypto';
import type { NatsConnection, Msg } from '@nats-io/transport-node';
import { EdgeClient, eventually, Stack, type TestSocket } from '@app/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

let stack: Stack;
let bus: NatsConnection;
const clients: EdgeClient[] = [];

beforeAll(async () => {
  stack = await Stack.start({ API_RATE_LIMIT: '0' });
  bus = await stack.nats.connect();
});
afterAll(async () => {
  for (const client of clients) client.close();
  await bus.close();
  await stack.stop();
});

interface Pair {
  readonly ann: EdgeClient;
  readonly bob: EdgeClient;
  readonly chatId: string;
  readonly key: string;
}

async function pair(): Promise<Pair> {
  const [ann, bob] = await Promise.all([EdgeClient.signedUp(stack.url), EdgeClient.signedUp(stack.url)]);
  clients.push(ann, bob);
  const { chat, key } = await ann.createChat();
  await bob.join(key);
  return { ann, bob, chatId: chat.id, key };
}

/** Sends a message without waiting for earlier ones. @returns `stored`, or the error code of its acknowledgement */
async function send(
  socket: TestSocket,
  chatId: string,
  text: string,
  id: string = randomUUID(),
): Promise<string> {
  const ack = await socket.ask('message:send', { chatId, clientMessageId: id, text });
  return ack['ok'] === true ? 'stored' : (ack['error'] as { code: string }).code;
}

async function texts(of: EdgeClient, chatId: string): Promise<(string | null)[]> {
  const all: (string | null)[] = [];
  for (let more = true; more;) {
    const page = await of.page(chatId, `?after=${all.length}&limit=200`);
    all.push(...page.messages.map(({ text }) => text));
    more = page.hasMore;
  }
  return all;
}

describe('while chat delays its answers to chat.access', () => {
  /** The unanswered chat.access requests. */
  let requests: { readonly userId: string; readonly message: Msg }[] = [];
  let people: Pair;
  let answer: Uint8Array;
  /** Answers all waiting and future requests. */
  let release: () => void;
  let stopAnswering: () => void;

  beforeEach(async () => {
    people = await pair();
    const { chatId, ann, bob } = people;
    answer = (await bus.request('chat.access', JSON.stringify({ userId: ann.id, chatId }))).data;
    stack.services.chat.signal('SIGSTOP');
    requests = [];
    let open = false;
    const subscription = bus.subscribe('chat.access', {
      callback: (_, message) => {
        if (open) message.respond(answer);
        else requests.push({ ...message.json<{ userId: string }>(), message });
      },
    });
    release = () => {
      open = true;
      for (const { message } of requests) message.respond(answer);
    };
    stopAnswering = () => subscription.unsubscribe();
    await bus.flush();
    // Evicts the access that the gateway has cached.
    const event = { chatId, userId: randomUUID(), memberIds: [ann.id, bob.id], at: new Date().toISOString() };
    bus.publish('event.chat.member.left', JSON.stringify(event));
    await bus.flush();
  });
  afterEach(async () => {
    stack.services.chat.signal('SIGCONT');
    await stack.ready();
    stopAnswering();
  });

  const request = (userId: string): Promise<{ message: Msg }> =>
    eventually(() => requests.find((one) => one.userId === userId), 'the gateway requests access');

  it('the messages of a socket are stored in the order sent, also when another member’s request is answered first', async () => {
    const { ann, bob, chatId } = people;
    const [annSocket, bobSocket] = await Promise.all([ann.connect(), bob.connect()]);

    const first = send(annSocket, chatId, '1');
    const held = await request(ann.id);
    const other = send(bobSocket, chatId, 'b');
    (await request(bob.id)).message.respond(answer);
    await other;
    const repeated = randomUUID();
    const later = [
      send(annSocket, chatId, '2', repeated),
      send(annSocket, chatId, ' '),
      send(annSocket, chatId, '3'),
      send(annSocket, chatId, '2', repeated),
      send(annSocket, chatId, '4'),
    ];
    // This message is invalid and answered at once, so the ones before it have arrived too.
    expect(await later[1]).toBe('VALIDATION_FAILED');
    held.message.respond(answer);
    release();

    // On a busy machine the request may have timed out, and with it the messages that waited for it.
    const acks = [await first, ...(await Promise.all(later))];
    const stored = ['1', '2', ' ', '3', '2', '4'].filter((_, i) => acks[i] === 'stored');
    expect(await texts(ann, chatId)).toEqual(['b', ...new Set(stored)]);
    const news = bobSocket.of('message:new').map(({ message }) => message);
    expect(news.map(({ text }) => text)).toEqual([...new Set(stored)]);
    expect(news.map(({ seq }) => seq)).toEqual(news.map((_, i) => i + 2));
  });

  it('the messages behind a refused one cause a new request', async () => {
    const { ann, bob, chatId } = people;
    const annSocket = await ann.connect();

    const refused = send(annSocket, chatId, 'refused');
    const held = await request(ann.id);
    const behind = send(annSocket, chatId, 'behind');
    // It is answered once all messages before it have arrived.
    expect(await annSocket.ask('no:such:event', {})).toMatchObject({ ok: false });
    held.message.respond(JSON.stringify({ error: { code: 'CHAT_NOT_FOUND', message: 'no' } }));
    expect(['CHAT_NOT_FOUND', 'SERVICE_UNAVAILABLE']).toContain(await refused);
    release();

    const stored = (await behind) === 'stored';
    expect(await send(annSocket, chatId, 'last')).toBe('stored');
    expect(await texts(bob, chatId)).toEqual(stored ? ['behind', 'last'] : ['last']);
  });

  it('the waiting messages of a revoked session are refused, also those of a closed socket', async () => {
    const { ann, bob, chatId } = people;
    const thief = new EdgeClient(stack.url);
    clients.push(thief);
    const login = { username: ann.user?.username, password: EdgeClient.password };
    expect((await thief.call('POST', '/auth/login', login)).status).toBe(200);
    const sessions = (await ann.call('GET', '/auth/sessions')).body['sessions'] as {
      id: string;
      current: boolean;
    }[];
    const theirs = sessions.find(({ current }) => !current);
    const [socket, gone] = [await thief.connect(), await thief.connect()];

    const acks: unknown[] = [];
    for (const { socket: from } of [socket, gone])
      for (let i = 0; i < 3; i++)
        from.emit('message:send', { chatId, clientMessageId: randomUUID(), text: 'stolen' }, (ack) =>
          acks.push(ack),
        );
    socket.socket.emit('message:read', { chatId, seq: 1 }, (ack) => acks.push(ack));
    socket.socket.emit('typing', { chatId, typing: true }, (ack) => acks.push(ack));
    await request(ann.id);
    expect(await gone.ask('no:such:event', {})).toMatchObject({ ok: false });
    gone.socket.disconnect();
    expect((await ann.call('DELETE', `/auth/sessions/${theirs?.id ?? ''}`)).status).toBe(204);
    release();

    expect(await eventually(() => socket.of('session:ended')[0], 'session:ended arrives')).toEqual({
      reason: 'revoked',
    });
    await EdgeClient.disconnected(socket);
    expect(acks.map((ack) => (ack as { ok: boolean }).ok)).not.toContain(true);
    expect(await texts(bob, chatId)).toEqual([]);
  });
});

describe('while the other member joins and leaves', () => {
  it('the messages of each socket are stored in the order sent, and message:new arrives once and in order', async () => {
    const { ann, bob, chatId, key } = await pair();
    const senders = await Promise.all([ann.connect(), ann.connect()]);
    const watcher = await ann.connect();
    const rounds = process.env['TEST_LONG'] ? 200 : 25;
    const over = new AbortController();
    const moves = async (): Promise<void> => {
      for (let i = 0; i < rounds; i++) {
        expect((await bob.call('DELETE', `/chats/${chatId}/members/me`)).status).toBe(204);
        await bob.join(key);
      }
    };
    const sends = senders.map(async (socket, sender) => {
      const results: Promise<string>[] = [];
      for (let i = 0; !over.signal.aborted; i++) {
        results.push(send(socket, chatId, `${sender}:${i}`));
        // Keeps eight messages under way.
        await results[i - 7];
      }
      expect(new Set(await Promise.all(results))).toEqual(new Set(['stored']));
    });

    await Promise.all([moves().finally(() => over.abort()), ...sends]);

    const stored = await texts(ann, chatId);
    for (const sender of [0, 1]) {
      const own = stored.filter((text) => text?.startsWith(`${sender}:`));
      expect(own).toEqual(own.map((_, i) => `${sender}:${i}`));
    }
    const seen = await eventually(() => {
      const news = watcher.of('message:new');
      return news.length >= stored.length ? news : undefined;
    }, 'all messages arrive');
    expect(seen.map(({ message }) => message.seq)).toEqual(stored.map((_, i) => i + 1));
  });
});

/** Returns the names of a chat's events in the order of arrival. */
function eventsOf(socket: TestSocket, chatId: string): string[] {
  return socket.events
    .filter(({ payload }) => JSON.stringify(payload).includes(chatId))
    .map(({ name }) => name);
}

describe('chat:joined', () => {
  it('arrives once and before all other events of the chat at every socket of a user who joins during writes', async () => {
    const joins = process.env['TEST_LONG'] ? 100 : 20;
    const [ann, bob] = await Promise.all([EdgeClient.signedUp(stack.url), EdgeClient.signedUp(stack.url)]);
    clients.push(ann, bob);
    const [annSocket, ...before] = await Promise.all([ann.connect(), bob.connect(), bob.connect()]);

    for (let i = 0; i < joins; i++) {
      const { chat, key } = await ann.createChat();
      const over = new AbortController();
      const writing = async (): Promise<void> => {
        for (let n = 0; !over.signal.aborted; n++) {
          await Promise.all([
            send(annSocket, chat.id, `m${n}`),
            annSocket.ask('typing', { chatId: chat.id, typing: n % 2 === 0 }),
            annSocket.ask('message:read', { chatId: chat.id, seq: n }),
          ]);
        }
      };
      const joining = async (): Promise<TestSocket> => {
        const joined = bob.join(key);
        const meanwhile = bob.connect();
        await joined;
        // Waits for events of the chat from before and after the join.
        await bob.send(chat.id, 'here I am');
        await eventually(
          () => before.every((socket) => eventsOf(socket, chat.id).length > 3),
          'events of the chat arrive',
        );
        over.abort();
        return meanwhile;
      };
      const [during] = await Promise.all([joining().finally(() => over.abort()), writing()]);

      for (const socket of before) {
        const [first, ...others] = eventsOf(socket, chat.id);
        expect(first).toBe('chat:joined');
        expect(others).not.toContain('chat:joined');
      }
      // This socket may have connected after the join.
      const events = eventsOf(during, chat.id);
      expect(events.indexOf('chat:joined')).toBeLessThan(1);
      during.socket.disconnect();
    }
  });

  it('arrives first at all sockets of the chat’s creator, also when messages follow at once', async () => {
    const ann = await EdgeClient.signedUp(stack.url);
    clients.push(ann);
    const sockets = await Promise.all([ann.connect(), ann.connect()]);

    for (let i = 0; i < 20; i++) {
      const { chat } = await ann.createChat();
      await ann.send(chat.id, 'to myself');
      for (const socket of sockets) {
        await eventually(() => eventsOf(socket, chat.id).length === 2, 'both events arrive');
        expect(eventsOf(socket, chat.id)).toEqual(['chat:joined', 'message:new']);
      }
    }
  });
});
