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
  it('is UNAUTHENTICATED without a session, and ORIGIN_REFUSED from another origin', async () => {
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

  it('is UNAUTHENTICATED when the client expects another user than the session’s', async () => {
    const [ann, bob] = [await someone(), await someone()];

    expect(await ann.refusal({}, { userId: bob.id })).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(await ann.refusal({}, { userId: 5 })).toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(ann.refusal({}, { userId: ann.id })).rejects.toThrow('not refused');
  });

  it('succeeds by long polling too', async () => {
    const client = await someone();
    const socket = await client.connect({ transports: ['polling'] });

    expect(await socket.ask('typing', { chatId: randomUUID(), typing: true })).toMatchObject({
      ok: false,
      error: { code: 'CHAT_NOT_FOUND' },
    });
  });

  it('is RATE_LIMITED for the 251st socket of a user, also when all connect at the same time', async () => {
    const client = await someone();

    const handshakes = await Promise.allSettled(Array.from({ length: 253 }, () => client.connect()));

    expect(handshakes.filter(({ status }) => status === 'fulfilled')).toHaveLength(250);
    expect(await client.refusal()).toMatchObject({ code: 'RATE_LIMITED' });
  });
});

describe('message:send', () => {
  it('is acknowledged with the stored message, and message:new arrives once and in order at all other sockets of both members', async () => {
    const { ann, bob, chat, annSocket, bobSocket } = await pair();
    const secondTab = await ann.connect();

    const acks = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        annSocket.ask('message:send', { chatId: chat.id, clientMessageId: randomUUID(), text: `m${i}` }),
      ),
    );

    await eventually(() => bobSocket.of('message:new').length === 20, 'all messages arrive');
    await eventually(
      () => secondTab.of('message:new').length === 20,
      'all messages arrive at the second tab',
    );
    expect(acks.every((ack) => ack['ok'] === true)).toBe(true);
    const expected = (await bob.page(chat.id)).messages;
    expect(bobSocket.of('message:new').map(({ message }) => message)).toEqual(expected);
    expect(secondTab.of('message:new').map(({ message }) => message)).toEqual(expected);
    expect(annSocket.of('message:new')).toEqual([]);
    expect(acks.map((ack) => ack['message'])).toEqual(expected);
  });

  it('is acknowledged with an error for every invalid payload', async () => {
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

  it('closes the connection for a packet over 64 KiB', async () => {
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

describe('receipts', () => {
  it('are emitted to every member, never move back, and read counts as delivered', async () => {
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

  it('survive a SIGKILL of the gateway once they are acknowledged', async () => {
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
  it('is emitted to the other member only, and ends by itself after 6 s', async () => {
    const { ann, chat, annSocket, bobSocket } = await pair();

    expect(await annSocket.ask('typing', { chatId: chat.id, typing: true })).toEqual({ ok: true });

    await eventually(() => bobSocket.of('typing').length === 1, 'typing arrives');
    await eventually(() => bobSocket.of('typing').length === 2, 'typing ends', 8_000);
    expect(bobSocket.of('typing')).toEqual([
      { chatId: chat.id, userId: ann.id, typing: true },
      { chatId: chat.id, userId: ann.id, typing: false },
    ]);
    expect(annSocket.of('typing')).toEqual([]);
  });

  it('is emitted neither to nor for a member who has left', async () => {
    const { ann, bob, chat, key, annSocket, bobSocket } = await pair();
    await annSocket.ask('typing', { chatId: chat.id, typing: true });
    await bobSocket.ask('typing', { chatId: chat.id, typing: true });
    await eventually(() => annSocket.of('typing').length === 1, 'typing arrives');
    await eventually(() => bobSocket.of('typing').length === 1, 'typing arrives');

    await bob.call('DELETE', `/chats/${chat.id}/members/me`);
    const cid = await someone();
    const cidSocket = await cid.connect();
    await cid.join(key);
    await annSocket.ask('typing', { chatId: chat.id, typing: true });

    await eventually(() => cidSocket.of('typing').length === 2, 'typing arrives at the new member');
    expect(cidSocket.of('typing').every(({ userId }) => userId === ann.id)).toBe(true);
    expect(bobSocket.of('typing')).toHaveLength(1);
    expect(annSocket.of('typing')).toHaveLength(1);
  });
});

describe('presence', () => {
  it('is emitted to those who share a chat within 10 s of a user’s connecting and disconnecting', async () => {
    const { ann, chat, bob, bobSocket } = await pair();
    await eventually(
      () => bobSocket.of('presence').some(({ userId, online }) => userId === ann.id && online),
      'presence online arrives',
    );

    ann.close();

    const gone = await eventually(
      () => bobSocket.of('presence').find(({ userId, online }) => userId === ann.id && !online),
      'presence offline arrives',
    );
    expect(gone.lastSeenAt).toMatch(/Z$/);
    const { members } = (await bob.call('GET', `/chats/${chat.id}`)).body['chat'] as Chat;
    expect(members.find(({ id }) => id === ann.id)).toMatchObject({
      online: false,
      lastSeenAt: gone.lastSeenAt,
    });
  });
});

describe('lastSeenAt', () => {
  it('is stored when the gateway stops while the user is connected', async () => {
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
  it('emit chat:joined to all sockets of a user who creates or joins one, and chat:member-joined to the others', async () => {
    const [ann, bob] = await Promise.all([someone(), someone()]);
    const [annSocket, bobSocket] = await Promise.all([ann.connect(), bob.connect()]);

    const { chat, key } = await ann.createChat('made');
    await bob.join(key);

    await eventually(
      () => annSocket.of('chat:joined').some((event) => event.chat.id === chat.id),
      'chat:joined arrives at the creator',
    );
    await eventually(
      () => bobSocket.of('chat:joined').some((event) => event.chat.members.length === 2),
      'chat:joined arrives at the new member',
    );
    const { member } = await eventually(
      () => annSocket.of('chat:member-joined')[0],
      'chat:member-joined arrives',
    );
    expect(member).toMatchObject({ id: bob.id, username: bob.user?.username, readSeq: 0 });
    await bob.send(chat.id, 'also to chats joined later');
    await eventually(
      () => annSocket.of('message:new').length === 1,
      'its messages arrive without subscribing',
    );
  });
});
