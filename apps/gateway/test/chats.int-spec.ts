import { randomUUID } from 'node:crypto';
import type { Chat } from '@app/contracts/edge';
import { EdgeClient, eventually, Stack } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let stack: Stack;
let ann: EdgeClient;
let bob: EdgeClient;
let eve: EdgeClient;

beforeAll(async () => {
  stack = await Stack.start();
  [ann, bob, eve] = await Promise.all([
    EdgeClient.signedUp(stack.url),
    EdgeClient.signedUp(stack.url),
    EdgeClient.signedUp(stack.url),
  ]);
});
afterAll(() => {
  for (const client of [ann, bob, eve]) client.close();
  return stack.stop();
});

async function shared(name?: string): Promise<{ chat: Chat; key: string }> {
  const made = await ann.createChat(name);
  await bob.join(made.key);
  return made;
}

describe('POST /chats', () => {
  it('returns a chat for two with the creator as member, and a key of at most 128 characters', async () => {
    const { chat, key } = await ann.createChat('  Our plans ☂ ');

    expect(key).toMatch(/^[A-Za-z0-9_-]{43,128}$/);
    expect(chat).toEqual({
      id: expect.any(String) as string,
      name: 'Our plans ☂',
      createdAt: expect.any(String) as string,
      createdBy: ann.id,
      capacity: 2,
      members: [
        {
          id: ann.id,
          username: ann.user?.username,
          joinedAt: expect.any(String) as string,
          online: expect.any(Boolean) as boolean,
          lastSeenAt: expect.toSatisfy((at) => at === null || typeof at === 'string') as string,
          deliveredSeq: 0,
          readSeq: 0,
        },
      ],
      formerMembers: [],
      lastRev: 0,
      messageTtl: null,
      sealed: false,
      lastSeq: 0,
      readSeq: 0,
      unread: 0,
      lastMessage: null,
    });
  });

  it.each([
    ['no body', undefined],
    ['an empty object', {}],
    ['a null name', { name: null }],
    ['sealed false', { sealed: false }],
  ])('accepts %s and sets the name to null', async (_what, body) => {
    const answer = await ann.call('POST', '/chats', body);

    expect(answer.status).toBe(201);
    expect(answer.body['chat']).toMatchObject({ name: null });
  });

  it.each([
    ['81 characters', 'x'.repeat(81)],
    ['white space only', '   '],
    ['a number', 7],
  ])('is VALIDATION_FAILED for a name of %s', async (_what, name) => {
    expect((await ann.call('POST', '/chats', { name })).body).toMatchObject({
      code: 'VALIDATION_FAILED',
      errors: [{ field: 'name' }],
    });
  });
});

describe('POST /chats/join', () => {
  it('adds a second member, returns the same chat to a member, and is CHAT_FULL for a third user', async () => {
    const { chat, key } = await ann.createChat('Full');

    const joined = await bob.call('POST', '/chats/join', { key: `\n ${key}\t` });
    const again = await bob.call('POST', '/chats/join', { key });
    const third = await eve.call('POST', '/chats/join', { key });

    expect(joined.status).toBe(200);
    expect((joined.body['chat'] as Chat).members.map(({ id }) => id).toSorted()).toEqual(
      [ann.id, bob.id].toSorted(),
    );
    expect(again.status).toBe(200);
    expect((again.body['chat'] as Chat).id).toBe(chat.id);
    expect(third.body).toMatchObject({ code: 'CHAT_FULL', status: 409 });
  });

  it('is VALIDATION_FAILED for a mistyped key and CHAT_NOT_FOUND for an unknown one', async () => {
    const { key, chat } = await ann.createChat();
    const swapped = (key.startsWith('A') ? 'B' : 'A') + key.slice(1);
    await ann.call('DELETE', `/chats/${chat.id}`);

    expect((await bob.call('POST', '/chats/join', { key: swapped })).body).toMatchObject({
      code: 'VALIDATION_FAILED',
      errors: [{ field: 'key' }],
    });
    expect((await bob.call('POST', '/chats/join', { key })).body).toMatchObject({
      code: 'CHAT_NOT_FOUND',
      status: 404,
    });
  });
});

describe('a chat', () => {
  it('is CHAT_NOT_FOUND on every call of a user who is not a member', async () => {
    const { chat } = await shared();
    const calls: [string, string, unknown?][] = [
      ['GET', ''],
      ['PATCH', '', { name: 'mine' }],
      ['GET', '/key'],
      ['DELETE', ''],
      ['GET', '/stored'],
      ['DELETE', '/members/me'],
      ['GET', '/messages'],
      ['POST', '/messages', { clientMessageId: randomUUID(), text: 'hi' }],
      ['DELETE', `/messages/${randomUUID()}`],
      ['POST', '/read', { seq: 1 }],
    ];

    for (const [method, path, body] of calls) {
      const stranger = await eve.call(method, `/chats/${chat.id}${path}`, body);
      const nowhere = await eve.call(method, `/chats/${randomUUID()}${path}`, body);
      const { requestId: _, ...refusal } = stranger.body;
      const { requestId: __, ...same } = nowhere.body;
      expect(refusal, `${method} ${path}`).toMatchObject({ code: 'CHAT_NOT_FOUND', status: 404 });
      expect(refusal).toEqual(same);
    }
    expect((await ann.call('GET', `/chats/${chat.id}`)).status).toBe(200);
  });

  it('is renamed by any member, and chat:updated is emitted to every member', async () => {
    const { chat } = await shared('before');
    const [annSocket, bobSocket] = [await ann.connect(), await bob.connect()];

    const answer = await bob.call('PATCH', `/chats/${chat.id}`, { name: ' after ' });

    expect(answer.body['chat']).toMatchObject({ id: chat.id, name: 'after' });
    for (const socket of [annSocket, bobSocket])
      await eventually(
        () => socket.of('chat:updated').some((event) => event.chat.name === 'after'),
        'chat:updated arrives',
      );
    expect((await ann.call('PATCH', `/chats/${chat.id}`, { name: null })).body['code']).toBe(
      'VALIDATION_FAILED',
    );
  });

  it('returns its key to members', async () => {
    const { chat, key } = await shared();

    expect((await bob.call('GET', `/chats/${chat.id}/key`)).body).toEqual({ key });
  });

  it('is listed by latest activity, with its last message and unread count', async () => {
    const carol = await EdgeClient.signedUp(stack.url);
    const older = await carol.createChat('older');
    const newer = await carol.createChat('newer');
    await ann.join(older.key);
    await ann.send(older.chat.id, 'one');
    await ann.send(older.chat.id, 'two');

    const { body } = await carol.call('GET', '/chats');

    const chats = body['chats'] as Chat[];
    expect(chats.map(({ name }) => name)).toEqual(['older', 'newer']);
    expect(chats[0]).toMatchObject({
      unread: 2,
      lastSeq: 2,
      readSeq: 0,
      lastMessage: { text: 'two', seq: 2 },
    });
    expect(chats[1]).toMatchObject({ unread: 0, lastSeq: 0, lastMessage: null, id: newer.chat.id });
  });

  it('returns the members’ receipts, and an unread count without tombstones and one’s own messages', async () => {
    const { chat } = await shared();
    const first = await ann.send(chat.id, 'one');
    await ann.send(chat.id, 'two');
    await bob.send(chat.id, 'three');
    await ann.send(chat.id, 'four');
    await ann.call('DELETE', `/chats/${chat.id}/messages/${first.id}`);
    const unread = async (): Promise<number> =>
      ((await bob.call('GET', `/chats/${chat.id}`)).body['chat'] as Chat).unread;

    expect(await unread()).toBe(2);
    expect((await bob.call('POST', `/chats/${chat.id}/read`, { seq: 2 })).status).toBe(204);
    expect(await unread()).toBe(1);
    expect((await bob.call('POST', `/chats/${chat.id}/read`, { seq: 1 })).status).toBe(204);
    expect((await bob.call('POST', `/chats/${chat.id}/read`, { seq: 99 })).status).toBe(204);
    expect(await unread()).toBe(0);
    const { members } = (await ann.call('GET', `/chats/${chat.id}`)).body['chat'] as Chat;
    expect(members.find(({ id }) => id === bob.id)).toMatchObject({ deliveredSeq: 4, readSeq: 4 });
  });

  it('returns the stored bytes of its last messages, and never a key', async () => {
    const { chat, key } = await shared();
    await ann.send(chat.id, 'what the disk sees');

    const { body } = await bob.call('GET', `/chats/${chat.id}/stored`);

    expect(body).toEqual({
      key: { version: 1, wrappedBytes: expect.any(Number) as number, file: expect.any(String) as string },
      messages: [
        {
          seq: 1,
          version: 1,
          nonce: expect.stringMatching(/^[A-Za-z0-9+/]{16}$/) as string,
          sealed: expect.any(String) as string,
          tag: expect.stringMatching(/^[A-Za-z0-9+/]{22}==$/) as string,
          file: expect.any(String) as string,
        },
      ],
    });
    expect(JSON.stringify(body)).not.toContain('what the disk sees');
    expect(JSON.stringify(body)).not.toContain(key);
  });
});

describe('DELETE /chats/:id/members/me', () => {
  it('makes the user a former member, emits chat:member-left to the others, and keeps the user’s messages', async () => {
    const { chat, key } = await shared();
    await bob.send(chat.id, 'still here');
    const annSocket = await ann.connect();

    const answer = await bob.call('DELETE', `/chats/${chat.id}/members/me`);

    expect(answer.status).toBe(204);
    expect((await bob.call('GET', `/chats/${chat.id}`)).status).toBe(404);
    await eventually(
      () => annSocket.of('chat:member-left').some(({ userId }) => userId === bob.id),
      'chat:member-left arrives',
    );
    const seen = (await ann.call('GET', `/chats/${chat.id}`)).body['chat'] as Chat;
    expect(seen.members.map(({ id }) => id)).toEqual([ann.id]);
    expect(seen.formerMembers).toMatchObject([{ id: bob.id, username: bob.user?.username }]);
    expect((await ann.page(chat.id)).messages.map(({ text }) => text)).toEqual(['still here']);
    const back = await bob.join(key);
    expect(back).toMatchObject({ readSeq: 0, formerMembers: [] });
  });

  it('erases the chat when the last member leaves', async () => {
    const { chat, key } = await ann.createChat();
    await ann.send(chat.id, 'to nobody');

    expect((await ann.call('DELETE', `/chats/${chat.id}/members/me`)).status).toBe(204);

    expect((await ann.call('GET', `/chats/${chat.id}`)).status).toBe(404);
    expect((await bob.call('POST', '/chats/join', { key })).body['code']).toBe('CHAT_NOT_FOUND');
  });
});

describe('DELETE /chats/:id', () => {
  it('returns an erasure receipt, emits chat:deleted to every member, and erases the chat for both', async () => {
    const { chat } = await shared();
    await ann.send(chat.id, 'one');
    const gone = await bob.send(chat.id, 'two');
    await bob.call('DELETE', `/chats/${chat.id}/messages/${gone.id}`);
    const sockets = [await ann.connect(), await bob.connect()];

    const answer = await bob.call('DELETE', `/chats/${chat.id}`);

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      receipt: {
        chatId: chat.id,
        keyDestroyedAt: expect.stringMatching(/Z$/) as string,
        messagesErased: 1,
        erasedAt: expect.stringMatching(/Z$/) as string,
        scrubbedAt: expect.stringMatching(/Z$/) as string,
      },
    });
    for (const socket of sockets)
      await eventually(
        () => socket.of('chat:deleted').some(({ chatId }) => chatId === chat.id),
        'chat:deleted arrives',
      );
    for (const client of [ann, bob])
      expect((await client.call('GET', `/chats/${chat.id}/messages`)).body['code']).toBe('CHAT_NOT_FOUND');
    const repeat = await ann.call('DELETE', `/chats/${chat.id}`);
    expect(repeat.body).toEqual(answer.body);
    expect((await eve.call('DELETE', `/chats/${chat.id}`)).body['code']).toBe('CHAT_NOT_FOUND');
  });

  it('returns the same erasure receipt to concurrent deletions, and accepts no message meanwhile', async () => {
    const { chat } = await shared();
    await ann.send(chat.id, 'one');

    const answers = await Promise.all([
      ann.call('DELETE', `/chats/${chat.id}`),
      bob.call('DELETE', `/chats/${chat.id}`),
      bob.call('POST', `/chats/${chat.id}/messages`, { clientMessageId: randomUUID(), text: 'in between' }),
    ]);

    expect(answers[0].status).toBe(200);
    expect(answers[1].body).toEqual(answers[0].body);
    expect([201, 404]).toContain(answers[2].status);
    expect(
      (await bob.call('POST', `/chats/${chat.id}/messages`, { clientMessageId: randomUUID(), text: 'late' }))
        .status,
    ).toBe(404);
  });
});
