import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aChat, ChatUnderTest } from './chat-under-test.js';

let chat: ChatUnderTest;

beforeAll(async () => {
  chat = await ChatUnderTest.start();
});
afterAll(() => chat.stop());

/** What is heard of a subject from now on. */
async function listening(subject: string): Promise<() => Promise<unknown[]>> {
  const heard: unknown[] = [];
  chat.bus.subscribe(subject, { callback: (_, message) => void heard.push(message.json()) });
  await chat.bus.flush();
  return async () => {
    // What the service told before it answered has arrived when a later round trip has.
    await chat.bus.flush();
    return heard;
  };
}

describe('chat.join', () => {
  it('adds a second user and publishes the event, when the key is right', async () => {
    const { chatId, key, userIds } = await aChat(chat, { name: 'Two', members: 1 });
    const heard = await listening('event.chat.member.joined');
    const userId = randomUUID();

    const joined = await chat.get('chat.join', { userId, key });

    expect(joined.joined).toBe(true);
    expect(joined.chat).toMatchObject({ id: chatId, name: 'Two' });
    expect(joined.chat.members.map(({ id }) => id)).toEqual([...userIds, userId]);
    const at = joined.chat.members.at(-1)?.joinedAt;
    expect(await heard()).toContainEqual({ chatId, userId, memberIds: [...userIds, userId], at });
  });

  it('answers the same with joined false, when the user is a member already', async () => {
    const { key, userIds } = await aChat(chat);
    const [, bob = ''] = userIds;

    const again = await chat.get('chat.join', { userId: bob, key: ` ${key}\n` });

    expect(again.joined).toBe(false);
    expect(again.chat.members.map(({ id }) => id)).toEqual(userIds);
  });

  it('is CHAT_FULL, when the chat has two members', async () => {
    const { key } = await aChat(chat);

    expect(await chat.refusal('chat.join', { userId: randomUUID(), key })).toBe('CHAT_FULL');
  });

  it('is LIMIT_REACHED at the thousandth and first chat, after CHAT_FULL, and still the same for a member', async () => {
    const userId = randomUUID();
    const own = await chat.get('chat.create', { userId });
    chat.fill(userId, 998);
    const last = await aChat(chat, { members: 1 });
    await chat.get('chat.join', { userId, key: last.key });
    const full = await aChat(chat);
    const open = await aChat(chat, { members: 1 });

    expect(await chat.refusal('chat.create', { userId })).toBe('LIMIT_REACHED');
    expect(await chat.refusal('chat.join', { userId, key: open.key })).toBe('LIMIT_REACHED');
    expect(await chat.refusal('chat.join', { userId, key: full.key })).toBe('CHAT_FULL');
    expect(await chat.get('chat.join', { userId, key: last.key })).toMatchObject({ joined: false });
    await chat.get('chat.leave', { userId, chatId: own.chat.id, sessionId: null });
    expect(await chat.get('chat.join', { userId, key: open.key })).toMatchObject({ joined: true });
    expect(await chat.refusal('chat.create', { userId })).toBe('LIMIT_REACHED');
  });

  it('distinguishes a mistyped key from an unknown one', async () => {
    const { chatId, key, userIds } = await aChat(chat, { members: 1 });
    const mistyped = (key.startsWith('A') ? 'B' : 'A') + key.slice(1);
    const userId = randomUUID();

    const wrong = await chat.ask('chat.join', { userId, key: mistyped });
    await chat.get('chat.delete', { userId: userIds[0], chatId });
    const unknown = await chat.ask('chat.join', { userId, key });

    expect(wrong.error).toMatchObject({ code: 'VALIDATION_FAILED', errors: [{ field: 'key' }] });
    expect(unknown.error).toMatchObject({ code: 'CHAT_NOT_FOUND' });
  });

  it('keeps the capacity, when twenty users join at once', async () => {
    const { chatId, key, userIds } = await aChat(chat, { members: 1 });

    const answers = await Promise.all(
      Array.from({ length: 20 }, () => chat.refusal('chat.join', { userId: randomUUID(), key })),
    );

    expect(answers.filter((code) => code === undefined)).toHaveLength(1);
    expect(answers.filter((code) => code === 'CHAT_FULL')).toHaveLength(19);
    const { chat: got } = await chat.get('chat.get', { userId: userIds[0], chatId });
    expect(got.members).toHaveLength(2);
  });

  it('joins once, when one user joins twenty times at once', async () => {
    const { key } = await aChat(chat, { members: 1 });
    const userId = randomUUID();

    const answers = await Promise.all(
      Array.from({ length: 20 }, () => chat.get('chat.join', { userId, key })),
    );

    expect(answers.filter(({ joined }) => joined)).toHaveLength(1);
    expect(answers.every(({ chat: { members } }) => members.length === 2)).toBe(true);
  });
});

describe('chat.leave', () => {
  it('makes a former member and publishes the event, when others stay', async () => {
    const { chatId, userIds } = await aChat(chat);
    const [ann, bob = ''] = userIds;
    const heard = await listening('event.chat.member.left');

    const left = await chat.get('chat.leave', { userId: bob, chatId });

    expect(left).toEqual({ erased: false });
    const { chat: got } = await chat.get('chat.get', { userId: ann, chatId });
    expect(got.members.map(({ id }) => id)).toEqual([ann]);
    expect(got.formerMembers).toEqual([{ id: bob, leftAt: expect.any(String) as string }]);
    const at = got.formerMembers[0]?.leftAt;
    expect(await heard()).toContainEqual({ chatId, userId: bob, memberIds: [ann], at });
  });

  it('makes room for another user, or the same one again', async () => {
    const { chatId, key, userIds } = await aChat(chat);
    const [ann, bob = ''] = userIds;
    const carol = randomUUID();
    await chat.get('chat.leave', { userId: bob, chatId });
    await chat.get('chat.join', { userId: carol, key });
    await chat.get('chat.leave', { userId: carol, chatId });

    const back = await chat.get('chat.join', { userId: bob, key });

    expect(back.joined).toBe(true);
    expect(back.chat.members.map(({ id }) => id)).toEqual([ann, bob]);
    expect(back.chat.formerMembers.map(({ id }) => id)).toEqual([carol]);
  });

  it('erases the chat, when the last one leaves', async () => {
    const { chatId, key, userIds } = await aChat(chat, { members: 1 });
    const [ann] = userIds;
    const sessionId = randomUUID();

    const left = await chat.get('chat.leave', { userId: ann, chatId, sessionId });

    expect(left).toEqual({ erased: true });
    expect(await chat.refusal('chat.get', { userId: ann, chatId })).toBe('CHAT_NOT_FOUND');
    expect(await chat.refusal('chat.join', { userId: ann, key })).toBe('CHAT_NOT_FOUND');
    expect((await chat.get('chat.activity.list', { userId: ann })).events).toMatchObject([
      { type: 'chat-deleted', sessionId, detail: chatId },
    ]);
    expect(await chat.get('chat.delete', { userId: ann, chatId })).toMatchObject({ memberIds: [ann] });
  });

  it('removes each once, when both leave twice at once', async () => {
    const { chatId, userIds } = await aChat(chat);

    const answers = await Promise.all(
      [...userIds, ...userIds].map((userId) => chat.ask('chat.leave', { userId, chatId })),
    );

    const done = answers.flatMap(({ data }) => (data === undefined ? [] : [data]));
    expect(done).toEqual([{ erased: false }, { erased: true }]);
    expect(answers.filter(({ error }) => error?.code === 'CHAT_NOT_FOUND')).toHaveLength(2);
  });
});

describe('chat.access', () => {
  it('returns the members and a key of 32 bytes, the same to each member and another for each chat', async () => {
    const { chatId, userIds } = await aChat(chat);
    const [ann, bob = ''] = userIds;
    const other = await aChat(chat);

    const forAnn = await chat.get('chat.access', { userId: ann, chatId });
    const forBob = await chat.get('chat.access', { userId: bob, chatId });
    const elsewhere = await chat.get('chat.access', { userId: other.userIds[0], chatId: other.chatId });

    expect(forAnn).toMatchObject({ memberIds: userIds, keyVersion: 1 });
    expect(forAnn.wrappedBytes).toBeGreaterThan(32 + 12 + 16);
    expect(Buffer.from(forAnn.messageKey, 'base64')).toHaveLength(32);
    expect(forBob).toEqual(forAnn);
    expect(elsewhere.messageKey).not.toBe(forAnn.messageKey);
  });

  it('is CHAT_NOT_FOUND at once, when the chat was deleted after its key was returned', async () => {
    const { chatId, userIds } = await aChat(chat);
    const [ann, bob = ''] = userIds;
    await chat.get('chat.access', { userId: ann, chatId });

    await chat.get('chat.delete', { userId: bob, chatId });

    for (const userId of userIds)
      expect(await chat.refusal('chat.access', { userId, chatId })).toBe('CHAT_NOT_FOUND');
  });
});

describe('chat.access of several chats', () => {
  it('returns in one answer those that the user is in, each as if requested alone', async () => {
    const mine = [await aChat(chat), await aChat(chat)];
    const [ann] = mine[0]?.userIds ?? [''];
    const joined = await chat.get('chat.join', { userId: ann, key: (await aChat(chat, { members: 1 })).key });
    const other = await aChat(chat);
    const ids = [joined.chat.id, other.chatId, randomUUID()];

    const access = await chat.get('chat.access', { userId: ann, chatId: mine[0]?.chatId ?? '', also: ids });

    const alone = await chat.get('chat.access', { userId: ann, chatId: joined.chat.id });
    expect(access.others).toEqual([{ chatId: joined.chat.id, ...alone }]);
    expect(access.memberIds).toContain(ann);
  });
});

describe('chat.peers', () => {
  it('lists each user who shares a chat with a user once, and nobody who left', async () => {
    const ann = randomUUID();
    const [bob, eve, gone] = [randomUUID(), randomUUID(), randomUUID()];
    for (const peer of [bob, bob, eve]) {
      const { key } = await chat.get('chat.create', { userId: ann });
      await chat.get('chat.join', { userId: peer, key });
    }
    const { key, chat: left } = await chat.get('chat.create', { userId: ann });
    await chat.get('chat.join', { userId: gone, key });
    await chat.get('chat.leave', { userId: gone, chatId: left.id });
    const expected = [bob, eve].toSorted();

    expect(await chat.get('chat.peers', { userId: ann })).toEqual({ userIds: expected, hasMore: false });
    expect(await chat.get('chat.peers', { userId: ann, after: expected[0] ?? null })).toEqual({
      userIds: [expected[1]],
      hasMore: false,
    });
    expect(await chat.get('chat.peers', { userId: randomUUID() })).toEqual({ userIds: [], hasMore: false });
  });
});
