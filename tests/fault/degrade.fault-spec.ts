import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Chat, Message } from '@app/contracts/edge';
import {
  EdgeClient,
  eventually,
  Stack,
  temporaryFolder,
  type EdgeAnswer,
  type TestSocket,
} from '@app/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { check, NO_FAULTS } from './checker.js';
import { History } from './history.js';
import { waitFor } from './wait-for.js';
import { ChatUser } from './chat-user.js';

const HOUR_MS = 3_600_000;
const folder = temporaryFolder();
const clockFile = join(folder.path, 'clock');
let stack: Stack;
let ann: EdgeClient;
let bob: EdgeClient;
let chat: Chat;
let annSocket: TestSocket;
let bobSocket: TestSocket;

beforeAll(async () => {
  const clock = pathToFileURL(join(import.meta.dirname, 'planted/moved-clock.mjs')).href;
  stack = await Stack.start({
    NODE_OPTIONS: `--import=${clock}`,
    CLOCK_FILE: clockFile,
    // Ordinary rate limits, so that the moved clock can affect them.
    AUTH_RATE_LIMIT: '200',
    MESSAGE_RATE_LIMIT: '200',
  });
});
afterAll(async () => {
  for (const client of [ann, bob]) client.close();
  await stack.stop();
  folder.remove();
});

/** Two connected users who have chatted, so that the gateway has cached their sessions and access. */
beforeEach(async () => {
  [ann, bob] = [await someone(), await someone()];
  const made = await ann.createChat();
  await bob.join(made.key);
  ({ chat } = made);
  annSocket = await ann.connect();
  bobSocket = await bob.connect();
  await send('before');
});

/** On a busy machine hashing may exceed the deadline of a registration, which is then repeated. */
const someone = (): Promise<EdgeClient> => waitFor(() => EdgeClient.signedUp(stack.url), 'a user signs up');

async function send(text: string): Promise<Message> {
  const ack = await annSocket.ask('message:send', {
    chatId: chat.id,
    clientMessageId: randomUUID(),
    text,
  });
  expect(ack).toMatchObject({ ok: true });
  return ack['message'] as Message;
}

/** Expects that a message reaches the other user and the history. */
async function expectChatting(text: string): Promise<void> {
  const message = await send(text);
  await eventually(
    () => bobSocket.of('message:new').some((event) => event.message.id === message.id),
    'message:new arrives',
  );
  expect((await bob.page(chat.id)).messages.at(-1)).toEqual(message);
}

function expectUnavailable({ status, body, headers }: EdgeAnswer): void {
  expect([status, body['code']]).toEqual([503, 'SERVICE_UNAVAILABLE']);
  expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
}

const logIn = (): Promise<EdgeAnswer> =>
  new EdgeClient(stack.url).call('POST', '/auth/login', {
    username: ann.user?.username,
    password: EdgeClient.password,
  });

async function health(): Promise<{ live: number; ready: number; missing: unknown }> {
  const live = await ann.request('GET', '/health/live');
  const ready = await ann.request('GET', '/health/ready');
  return { live: live.status, ready: ready.status, missing: ready.body['missing'] };
}

/** Waits until exactly these parts are missing: the gateway caches readiness for a second. */
async function expectMissing(...missing: string[]): Promise<void> {
  await expect.poll(health, { timeout: 30_000 }).toEqual({ live: 200, ready: 503, missing });
}

/** Returns the log lines since a position, from a level on: 40 is a warning, 50 an error. */
function loggedSince(before: number, level: number): string[] {
  return stack.log
    .slice(before)
    .split('\n')
    .filter((line) => Number(/"level":(\d+)/.exec(line)?.[1] ?? 0) >= level);
}

describe('open chats continue, and all other calls are SERVICE_UNAVAILABLE with Retry-After,', () => {
  it('while NATS is down, and the services reconnect by themselves', async () => {
    const gateway = stack.services.gateway;
    const before = gateway.log.length;
    await stack.nats.kill();
    await eventually(() => gateway.log.slice(before).includes('the bus is away'), 'the log reports it');

    await expectChatting('without NATS');
    expectUnavailable(await logIn());
    expectUnavailable(await ann.call('POST', '/chats', {}));
    expectUnavailable(await ann.call('GET', '/chats'));
    await expectMissing('nats', 'auth', 'chat');

    await stack.nats.up();
    await stack.ready();
    expect((await ann.call('POST', '/chats', {})).status).toBe(201);
    const lines = gateway.log.slice(before).split('\n');
    expect(lines.filter((line) => line.includes('the bus is back'))).toHaveLength(1);
    expect(lines.filter((line) => /"level":50/.test(line))).toEqual([]);
    await expectChatting('with NATS');
  });

  it('while auth is down, and new log-ins fail', async () => {
    const stranger = await someone();
    await stack.kill('auth');

    await expectChatting('without auth');
    expect((await ann.call('GET', '/auth/me')).status).toBe(200);
    expectUnavailable(await logIn());
    stranger.token = 'A'.repeat(43);
    expect(await stranger.refusal()).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    await expectMissing('auth');

    await stack.restart('auth');
    expect((await logIn()).status).toBe(200);
  });

  it('while chat is down, and a deletion can be repeated after its restart', async () => {
    const deleted = await ann.createChat();
    await ann.send(deleted.chat.id, 'to be deleted');
    const before = stack.log.length;
    await stack.kill('chat');

    await expectChatting('without chat');
    expectUnavailable(await ann.call('POST', '/chats', {}));
    expectUnavailable(await bob.call('POST', '/chats/join', { key: deleted.key }));
    expectUnavailable(await ann.call('DELETE', `/chats/${deleted.chat.id}`));
    await expectMissing('chat');
    expect(loggedSince(before, 50)).toEqual([]);

    await stack.restart('chat');
    const receipt = await waitFor(async () => {
      const { status, body } = await ann.call('DELETE', `/chats/${deleted.chat.id}`);
      return status === 200 && body['receipt'];
    }, 'the deletion is finished');
    expect(receipt).toMatchObject({ chatId: deleted.chat.id, messagesErased: 1 });
  });
});

describe('the gateway', () => {
  it('acknowledges on SIGTERM all committed messages, and accepts no new connections', async () => {
    const { gateway } = stack.services;
    const acknowledged: number[] = [];
    const { socket } = annSocket;
    for (let i = 0; i < 150; i++)
      socket.emit(
        'message:send',
        { chatId: chat.id, clientMessageId: randomUUID(), text: `m${i}` },
        (ack) => {
          if (ack.ok) acknowledged.push(ack.message.seq);
        },
      );
    await eventually(() => acknowledged.length > 0, 'the first messages are acknowledged');
    gateway.signal('SIGTERM');

    expect(await gateway.exited()).toBe(0);
    await expect(ann.connect()).rejects.toThrow();
    await stack.restart('gateway');
    const stored: number[] = [];
    for (let more = true; more;) {
      const page = await bob.page(chat.id, `?after=${stored.at(-1) ?? 0}&limit=200`);
      stored.push(...page.messages.map(({ seq }) => seq));
      more = page.hasMore;
    }
    // The first message is that of `beforeEach`.
    expect(stored.slice(1)).toEqual(acknowledged);
  });

  it('loses, duplicates and reorders no message over several restarts during conversations', async () => {
    const history = new History();
    const users: ChatUser[] = [];
    while (users.length < 4)
      users.push(
        await waitFor(
          () => ChatUser.signedUp(history, `t-${randomUUID().slice(0, 8)}`, stack.url),
          'a user signs up',
        ),
      );
    const [a, b, c, d] = users as [ChatUser, ChatUser, ChatUser, ChatUser];
    const chats = [await a.chatWith(b), await c.chatWith(d)] as const;
    const timer = setInterval(() => {
      users.forEach((user, i) => user.send(chats[i < 2 ? 0 : 1]));
    }, 40);

    for (let restarts = 0; restarts < 3; restarts++) {
      const begun = Date.now();
      await waitFor(
        () => users.every((t) => t.lastAcknowledgedAt > begun),
        'all users have a message acknowledged',
      );
      stack.services.gateway.signal('SIGTERM');
      expect(await stack.services.gateway.exited()).toBe(0);
      await stack.restart('gateway');
    }
    clearInterval(timer);

    await waitFor(() => users.every((t) => t.unacknowledged === 0), 'all messages are acknowledged');
    const store = new Map([
      [chats[0], await a.everything(chats[0])],
      [chats[1], await c.everything(chats[1])],
    ]);
    const stored = [...store.values()].reduce((sum, messages) => sum + messages.length, 0);
    await waitFor(() => history.count('shown') === 2 * stored, 'all messages are shown to both members');
    for (const { client } of users) client.stop();
    expect(check(history, store)).toEqual(NO_FAULTS);
    expect(users.map(({ refusedSends }) => refusedSends)).toEqual([0, 0, 0, 0]);
  });
});

describe('a clock that jumps', () => {
  it.each([
    ['an hour forward and back again', [HOUR_MS, 0]],
    ['an hour back and forward again', [-HOUR_MS, 0]],
  ])('%s affects no conversation, session or limit', async (_what, jumps) => {
    const before = stack.log.length;
    for (const offset of jumps) {
      writeFileSync(clockFile, String(offset));
      await eventually(async () => {
        const { sentAt } = await send('what time is it?');
        return Math.abs(Date.parse(sentAt ?? '') - Date.now() - offset) < HOUR_MS / 2;
      }, 'the clock has jumped');

      await expectChatting(`at ${offset}`);
      expect(await bobSocket.ask('message:read', { chatId: chat.id, seq: 1 })).toEqual({ ok: true });
      expect((await logIn()).status).toBe(200);
      expect((await ann.call('GET', '/auth/me')).status).toBe(200);
      expect((await ann.call('POST', '/chats', {})).status).toBe(201);
      expect((await health()).ready).toBe(200);
    }
    const { messages } = await bob.page(chat.id, '?limit=200');
    expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_, i) => i + 1));
    expect([annSocket.socket.connected, bobSocket.socket.connected]).toEqual([true, true]);
    expect(loggedSince(before, 50)).toEqual([]);
  });
});
