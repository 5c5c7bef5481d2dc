import { randomUUID } from 'node:crypto';
import type { Chat } from '@app/contracts/edge';
import { EdgeClient, eventually, Stack, type TestSocket } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let stack: Stack;
const clients: EdgeClient[] = [];

beforeAll(async () => {
  stack = await Stack.start();
});
afterAll(() => {
  for (const client of clients) client.close();
  return stack.stop();
});

async function someone(): Promise<EdgeClient> {
  const client = await EdgeClient.signedUp(stack.url);
  clients.push(client);
  return client;
}

async function pair(): Promise<{
  ann: EdgeClient;
  bob: EdgeClient;
  chat: Chat;
  key: string;
  annSocket: TestSocket;
  bobSocket: TestSocket;
}> {
  const [ann, bob] = await Promise.all([someone(), someone()]);
  const { chat, key } = await ann.createChat();
  await bob.join(key);
  const [annSocket, bobSocket] = await Promise.all([ann.connect(), bob.connect()]);
  return { ann, bob, chat, key, annSocket, bobSocket };
}

describe('a handshake', () => {
  it('is refused without a session as UNAUTHENTICATED and from another origin as ORIGIN_REFUSED', async () => {
    const client = await someone();

    expect(await new EdgeClient(stack.url).refusal()).toMatchObject({
      code: 'UNAUTHENTICATED',
      message: expect.any(String) as string,
    });
    expect(await client.refusal({ origin: 'https://evil.example' })).toMatchObject({
      code: 'ORIGIN_REFUSED',
    });
    const socket = await client.connect({ headers: { origin: stack.origin } });
    expect(socket.socket.connected).toBe(true);
  });

  it('is refused as UNAUTHENTICATED, when the client names another user than the session’s', async () => {
    const [ann, bob] = [await someone(), await someone()];

    expect(await ann.refusal({}, { userId: bob.id })).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(await ann.refusal({}, { userId: 5 })).toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(ann.refusal({}, { userId: ann.id })).rejects.toThrow('not refused');
  });

  it('works by long polling too', async () => {
    const client = await someone();
    const socket = await client.connect({ transports: ['polling'] });

    expect(await socket.ask('typing', { chatId: randomUUID(), typing: true })).toMatchObject({
      ok: false,
      error: { code: 'CHAT_NOT_FOUND' },
    });
  });

  it('is RATE_LIMITED for the 251st socket of a user, also when all come at once', async () => {
    const client = await someone();

    const handshakes = await Promise.allSettled(Array.from({ length: 253 }, () => client.connect()));

    expect(handshakes.filter(({ status }) => status === 'fulfilled')).toHaveLength(250);
    expect(await client.refusal()).toMatchObject({ code: 'RATE_LIMITED' });
  });
});

describe('message:send', () => {
  it('is acknowledged with the stored message and reaches every other socket of both members once, in order', async () => {
    const { ann, bob, chat, annSocket, bobSocket } = await pair();
    const secondTab = await ann.connect();

    const acks = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        annSocket.ask('message:send', { chatId: chat.id, clientMessageId: randomUUID(), text: `m${i}` }),
      ),
    );

    await eventually(() => bobSocket.of('message:new').length === 20, 'all are delivered');
    await eventually(() => secondTab.of('message:new').length === 20, 'also to the second tab');
    expect(acks.every((ack) => ack['ok'] === true)).toBe(true);
    const expected = (await bob.page(chat.id)).messages;
    expect(bobSocket.of('message:new').map(({ message }) => message)).toEqual(expected);
    expect(secondTab.of('message:new').map(({ message }) => message)).toEqual(expected);
    expect(annSocket.of('message:new')).toEqual([]);
    expect(acks.map((ack) => ack['message'])).toEqual(expected);
  });

  it('is answered by its acknowledgement whatever is wrong with it', async () => {
    const { chat, annSocket } = await pair();
    const fine = { chatId: chat.id, clientMessageId: randomUUID(), text: 'fine' };
    const codeOf = async (...args: unknown[]): Promise<unknown> =>
      ((await annSocket.ask('message:send', ...args)) as { error?: { code: string } }).error?.code;

    expect(await codeOf({ ...fine, extra: 1 })).toBe('VALIDATION_FAILED');
    expect(await codeOf({ ...fine, text: ' ' })).toBe('VALIDATION_FAILED');
    expect(await codeOf({ ...fine, chatId: chat.id.toUpperCase() })).toBe('VALIDATION_FAILED');
    expect(await codeOf({ ...fine, clientMessageId: 'x' })).toBe('VALIDATION_FAILED');
    expect(await codeOf({ ...fine, chatId: randomUUID() })).toBe('CHAT_NOT_FOUND');
    expect(await codeOf('text')).toBe('VALIDATION_FAILED');
    expect(await codeOf()).toBe('VALIDATION_FAILED');
    expect(await codeOf(null, fine)).toBe('VALIDATION_FAILED');
    expect(await annSocket.ask('no:such:event', {})).toMatchObject({
      ok: false,
      error: { code: 'NOT_FOUND' },
    });
  });

  it('of a packet over 64 KiB ends the connection', async () => {
    const { chat, annSocket } = await pair();

    annSocket.socket.emit(
      'message:send',
      { chatId: chat.id, clientMessageId: randomUUID(), text: 'x'.repeat(70_000) },
      () => undefined,
    );

    await EdgeClient.disconnected(annSocket);
    expect(annSocket.socket.connected).toBe(false);
  });
});

describe('marks', () => {
  it('message:delivered and message:read tell every member how far, never back, and read counts as delivered', async () => {
    const { ann, chat, annSocket, bobSocket, bob } = await pair();
    for (let i = 0; i < 5; i++) await ann.send(chat.id, `m${i}`);

    expect(await bobSocket.ask('message:delivered', { chatId: chat.id, seq: 2 })).toEqual({ ok: true });
    expect(await bobSocket.ask('message:read', { chatId: chat.id, seq: 4 })).toEqual({ ok: true });
    expect(await bobSocket.ask('message:read', { chatId: chat.id, seq: 3 })).toEqual({ ok: true });
    expect(await bobSocket.ask('message:delivered', { chatId: chat.id, seq: 99 })).toEqual({ ok: true });

    const receipts = [
      { chatId: chat.id, userId: bob.id, deliveredSeq: 2, readSeq: 0 },
      { chatId: chat.id, userId: bob.id, deliveredSeq: 4, readSeq: 4 },
      { chatId: chat.id, userId: bob.id, deliveredSeq: 5, readSeq: 4 },
    ];
    for (const socket of [annSocket, bobSocket]) {
      await eventually(() => socket.of('receipt').length >= 3, 'receipts arrive');
      expect(socket.of('receipt')).toEqual(receipts);
    }
  });

  it('survive the death of the gateway once they were answered', async () => {
    const { ann, chat, bobSocket, bob } = await pair();
    for (let i = 0; i < 3; i++) await ann.send(chat.id, `m${i}`);
    await bobSocket.ask('message:read', { chatId: chat.id, seq: 2 });

    await stack.kill('gateway');
    await stack.restart('gateway');

    expect((await bob.call('GET', `/chats/${chat.id}`)).body['chat']).toMatchObject({
      readSeq: 2,
      unread: 1,
    });
  });
});

describe('typing', () => {
  it('reaches the other member alone and ends by itself after 6 s', async () => {
    const { ann, chat, annSocket, bobSocket } = await pair();

    expect(await annSocket.ask('typing', { chatId: chat.id, typing: true })).toEqual({ ok: true });

    await eventually(() => bobSocket.of('typing').length === 1, 'typing arrives');
    await eventually(() => bobSocket.of('typing').length === 2, 'it ends', 8_000);
    expect(bobSocket.of('typing')).toEqual([
      { chatId: chat.id, userId: ann.id, typing: true },
      { chatId: chat.id, userId: ann.id, typing: false },
    ]);
    expect(annSocket.of('typing')).toEqual([]);
  });

  it('is heard no more by one who has left, nor of one', async () => {
    const { ann, bob, chat, key, annSocket, bobSocket } = await pair();
    await annSocket.ask('typing', { chatId: chat.id, typing: true });
    await bobSocket.ask('typing', { chatId: chat.id, typing: true });
    await eventually(() => annSocket.of('typing').length === 1, 'both hear of it');
    await eventually(() => bobSocket.of('typing').length === 1, 'both hear of it');

    await bob.call('DELETE', `/chats/${chat.id}/members/me`);
    const cid = await someone();
    const cidSocket = await cid.connect();
    await cid.join(key);
    await annSocket.ask('typing', { chatId: chat.id, typing: true });

    await eventually(() => cidSocket.of('typing').length === 2, 'the next member hears of it');
    expect(cidSocket.of('typing').every(({ userId }) => userId === ann.id)).toBe(true);
    expect(bobSocket.of('typing')).toHaveLength(1);
    expect(annSocket.of('typing')).toHaveLength(1);
  });
});

describe('presence', () => {
  it('tells those who share a chat within 10 s that one came and went', async () => {
    const { ann, chat, bob, bobSocket } = await pair();
    await eventually(
      () => bobSocket.of('presence').some(({ userId, online }) => userId === ann.id && online),
      'online is told',
    );

    ann.close();

    const gone = await eventually(
      () => bobSocket.of('presence').find(({ userId, online }) => userId === ann.id && !online),
      'offline is told',
    );
    expect(gone.lastSeenAt).toMatch(/Z$/);
    const { members } = (await bob.call('GET', `/chats/${chat.id}`)).body['chat'] as Chat;
    expect(members.find(({ id }) => id === ann.id)).toMatchObject({
      online: false,
      lastSeenAt: gone.lastSeenAt,
    });
  });
});

describe('when somebody was last seen', () => {
  it('is kept when the gateway stops while they are connected', async () => {
    const { ann, chat, bob, annSocket } = await pair();
    const before = new Date().toISOString();

    await stack.services.gateway.end('SIGTERM');
    annSocket.socket.disconnect();
    await stack.restart('gateway');

    const { members } = (await bob.call('GET', `/chats/${chat.id}`)).body['chat'] as Chat;
    const seen = members.find(({ id }) => id === ann.id);
    expect(seen?.online).toBe(false);
    expect(seen?.lastSeenAt ?? '').toMatch(/Z$/);
    expect((seen?.lastSeenAt ?? '') >= before).toBe(true);
  });
});

describe('chats', () => {
  it('tell all sockets of one who makes or joins a chat, and the others who joined', async () => {
    const [ann, bob] = await Promise.all([someone(), someone()]);
    const [annSocket, bobSocket] = await Promise.all([ann.connect(), bob.connect()]);

    const { chat, key } = await ann.createChat('made');
    await bob.join(key);

    await eventually(
      () => annSocket.of('chat:joined').some((event) => event.chat.id === chat.id),
      'the maker hears',
    );
    await eventually(
      () => bobSocket.of('chat:joined').some((event) => event.chat.members.length === 2),
      'the joiner hears',
    );
    const { member } = await eventually(
      () => annSocket.of('chat:member-joined')[0],
      'the other hears who joined',
    );
    expect(member).toMatchObject({ id: bob.id, username: bob.user?.username, readSeq: 0 });
    await bob.send(chat.id, 'also to chats joined later');
    await eventually(
      () => annSocket.of('message:new').length === 1,
      'its messages arrive without subscribing',
    );
  });
});
