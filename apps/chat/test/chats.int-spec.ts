import { randomUUID } from 'node:crypto';
import { EVENTS, type EventPayload, type EventSubject, type Reply } from '@app/contracts/bus';
import { LIMITS } from '@app/contracts/edge';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChatCreation } from '../src/chats/create-chat.js';
import { aChat, ChatUnderTest } from './chat-under-test.js';

let chat: ChatUnderTest;

beforeAll(async () => {
  chat = await ChatUnderTest.start();
});
afterAll(() => chat.stop());

/** The next event of a kind, heard from now on. */
async function nextEvent<S extends EventSubject>(subject: S): Promise<() => Promise<EventPayload<S>>> {
  const heard = chat.bus.subscribe(subject, { max: 1 });
  await chat.bus.flush();
  return async () => {
    for await (const message of heard)
      return EVENTS[subject].payload.parse(message.json()) as EventPayload<S>;
    throw new Error(`${subject} was not heard`);
  };
}

it("injects a use case's dependencies", () => {
  expect(chat.app.get(ChatCreation)).toBeInstanceOf(ChatCreation);
});

describe('chat.create', () => {
  it('returns a chat of two with its creator and a key of at most 128 characters', async () => {
    const userId = randomUUID();

    const made = await chat.get('chat.create', { userId, name: '  Our plans ☂ ' });

    expect(made.key).toMatch(/^[A-Za-z0-9_-]{1,128}$/);
    expect(made.chat).toMatchObject({
      name: 'Our plans ☂',
      createdBy: userId,
      capacity: 2,
      members: [{ id: userId, joinedAt: made.chat.createdAt }],
      formerMembers: [],
    });
  });

  it.each([[{}], [{ name: null }]])('gives a chat without a name, when the name is %j', async (name) => {
    const made = await chat.get('chat.create', { userId: randomUUID(), ...name });

    expect(made.chat.name).toBeNull();
  });

  it('publishes the event with its creator, when a chat was created', async () => {
    const event = await nextEvent('event.chat.created');
    const userId = randomUUID();

    const { chat: made } = await chat.get('chat.create', { userId });

    expect(await event()).toEqual({ chatId: made.id, userId, memberIds: [userId], at: made.createdAt });
  });
});

describe('chat.get', () => {
  it('returns the chat to each member', async () => {
    const { chatId, userIds } = await aChat(chat, { name: 'Both' });

    for (const userId of userIds) {
      const { chat: got } = await chat.get('chat.get', { userId, chatId });
      expect(got).toMatchObject({ id: chatId, name: 'Both' });
      expect(got.members.map(({ id }) => id)).toEqual(userIds);
    }
  });
});

describe('chat.list', () => {
  it('returns each chat once and by id, when there is more than one page', async () => {
    const userId = randomUUID();
    const ids: string[] = [];
    for (let i = 0; i < 7; i++) ids.push((await chat.get('chat.create', { userId, name: `n${i}` })).chat.id);
    await aChat(chat);

    const listed = [];
    for (let after: string | null = null, more = true; more; after = listed.at(-1)?.id ?? null) {
      const page: Reply<'chat.list'> = await chat.get('chat.list', { userId, after, limit: 3 });
      listed.push(...page.chats);
      more = page.hasMore;
    }

    expect(listed.map(({ id }) => id)).toEqual(ids.toSorted());
    expect(new Set(listed.map(({ name }) => name))).toEqual(new Set(ids.map((_, i) => `n${i}`)));
    expect(listed.every(({ members }) => members.length === 1 && members[0]?.id === userId)).toBe(true);
  });

  it('returns nothing, when the user is in no chat', async () => {
    expect(await chat.get('chat.list', { userId: randomUUID() })).toEqual({ chats: [], hasMore: false });
  });

  it('returns shorter pages, when their chats would exceed one message', async () => {
    const userId = randomUUID();
    const name = '\u{1F4AC}'.repeat(LIMITS.chatNameMax);
    const made = await Promise.all(
      Array.from({ length: 400 }, () => chat.get('chat.create', { userId, name })),
    );

    const first = await chat.get('chat.list', { userId });
    const second = await chat.get('chat.list', { userId, after: first.chats.at(-1)?.id ?? null });

    expect(first.hasMore).toBe(true);
    expect(Buffer.byteLength(JSON.stringify(first))).toBeLessThan(256 * 1024);
    expect([...first.chats, ...second.chats].map(({ id }) => id)).toEqual(
      made.map(({ chat: { id } }) => id).toSorted(),
    );
  });
});

describe('chat.rename', () => {
  it('shows the new name to every member and publishes the event, when a member renames', async () => {
    const { chatId, userIds } = await aChat(chat, { name: 'Old' });
    const [ann, bob = ''] = userIds;
    const event = await nextEvent('event.chat.updated');

    const renamed = await chat.get('chat.rename', { userId: bob, chatId, name: ' New ' });

    expect(renamed.chat.name).toBe('New');
    expect((await chat.get('chat.get', { userId: ann, chatId })).chat.name).toBe('New');
    expect(await event()).toMatchObject({ chatId, userId: bob, memberIds: userIds });
  });
});

describe('chat.key.reveal', () => {
  it("reveals the same key to each member and records it in that member's activity", async () => {
    const { chatId, key, userIds } = await aChat(chat);
    const [ann, bob = ''] = userIds;
    const sessionId = randomUUID();

    const revealed = await chat.get('chat.key.reveal', { userId: bob, chatId, sessionId });

    expect(revealed.key).toBe(key);
    expect((await chat.get('chat.activity.list', { userId: bob })).events).toEqual([
      { at: expect.any(String) as string, type: 'key-revealed', sessionId, detail: chatId },
    ]);
    expect((await chat.get('chat.activity.list', { userId: ann })).events).toEqual([]);
  });
});

describe('chat.activity.list', () => {
  it('returns the latest 200, newest first, when there are more', async () => {
    const { chatId, userIds } = await aChat(chat, { members: 1 });
    const [userId] = userIds;
    const sessions = Array.from({ length: LIMITS.activityEvents + 5 }, () => randomUUID());
    for (const sessionId of sessions) await chat.get('chat.key.reveal', { userId, chatId, sessionId });

    const { events } = await chat.get('chat.activity.list', { userId });

    expect(events.map(({ sessionId }) => sessionId)).toEqual(sessions.toReversed().slice(0, 200));
    const stored = chat.look((db) =>
      db.prepare<[string], { n: number }>('SELECT count(*) AS n FROM activity WHERE user_id = ?').get(userId),
    );
    expect(stored?.n).toBe(LIMITS.activityEvents);
  });
});

describe('chat.health', () => {
  it('reports an empty outbox, when no event waits', async () => {
    expect(await chat.get('chat.health', {})).toEqual({
      service: 'chat',
      outboxPending: 0,
      outboxOldestMs: 0,
    });
  });
});

describe('no oracle', () => {
  it.each([
    'chat.get',
    'chat.rename',
    'chat.key.reveal',
    'chat.leave',
    'chat.delete',
    'chat.access',
  ] as const)('%s answers a stranger, a former member and an unknown chat alike', async (subject) => {
    const { chatId, userIds } = await aChat(chat);
    const [ann, bob = ''] = userIds;
    await chat.get('chat.leave', { userId: bob, chatId });
    const name = subject === 'chat.rename' ? { name: 'Mine' } : {};

    const answers = [
      await chat.ask(subject, { userId: randomUUID(), chatId, ...name }),
      await chat.ask(subject, { userId: bob, chatId, ...name }),
      await chat.ask(subject, { userId: ann, chatId: randomUUID(), ...name }),
    ];

    for (const answer of answers)
      expect(answer).toEqual({ error: { code: 'CHAT_NOT_FOUND', message: 'Chat not found' } });
    expect((await chat.get('chat.get', { userId: ann, chatId })).chat).toMatchObject({ name: null });
  });
});

describe('a restart', () => {
  it('keeps names, members, keys and activity', async () => {
    const { chatId, key, userIds } = await aChat(chat, { name: 'Kept' });
    const [ann] = userIds;
    await chat.get('chat.key.reveal', { userId: ann, chatId });
    const before = await chat.get('chat.get', { userId: ann, chatId });
    const access = await chat.get('chat.access', { userId: ann, chatId });

    await chat.down();
    await chat.up();

    expect(await chat.get('chat.get', { userId: ann, chatId })).toEqual(before);
    expect(await chat.get('chat.access', { userId: ann, chatId })).toEqual(access);
    expect((await chat.get('chat.key.reveal', { userId: ann, chatId })).key).toBe(key);
    expect((await chat.get('chat.activity.list', { userId: ann })).events).toHaveLength(2);
  });
});
