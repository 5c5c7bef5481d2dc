import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { EVENTS, type EventPayload, type Reply } from '@app/contracts/bus';
import { bareRequest, eventually } from '@app/testing';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aChat, ChatUnderTest } from './chat-under-test.js';

type ChatDeleted = EventPayload<'event.chat.deleted'>;

let chat: ChatUnderTest;

beforeAll(async () => {
  chat = await ChatUnderTest.start();
});
afterAll(() => chat.stop());

/** A gateway that answers event.chat.deleted as told; gives what it heard. */
function aGateway(answer: (event: ChatDeleted) => object | undefined): {
  heard: ChatDeleted[];
  leave: () => void;
} {
  const heard: ChatDeleted[] = [];
  const subscription = chat.bus.subscribe('event.chat.deleted', {
    callback: (_, message) => {
      const event = EVENTS['event.chat.deleted'].payload.parse(message.json());
      heard.push(event);
      const body = answer(event);
      if (body) message.respond(JSON.stringify(body));
    },
  });
  return { heard, leave: () => subscription.unsubscribe() };
}

const CONFIRMED = { data: { service: 'gateway' } };

function rowsOf(chatId: string): Record<string, number> {
  return chat.look((database) => {
    const count = (table: string, column: string): number =>
      database.prepare(`SELECT count(*) FROM ${table} WHERE ${column} = ?`).pluck().get(chatId) as number;
    return {
      chats: count('chats', 'id'),
      keys: count('chat_keys', 'chat_id'),
      members: count('members', 'chat_id'),
      former: count('former_members', 'chat_id'),
    };
  });
}
const NO_ROWS = { chats: 0, keys: 0, members: 0, former: 0 };

function backlogIs(pending: number): Promise<unknown> {
  return eventually(
    async () => (await chat.get('chat.health', {})).outboxPending === pending,
    `${pending} events wait`,
  );
}

describe('with a gateway that confirms', () => {
  let gateway: ReturnType<typeof aGateway>;
  beforeEach(() => {
    gateway = aGateway(() => CONFIRMED);
  });
  afterEach(async () => {
    await backlogIs(0);
    gateway.leave();
  });

  it('deletes every row, publishes the event and records the deletion, when a member deletes', async () => {
    const { chatId, key, userIds } = await aChat(chat, { name: 'Gone' });
    const [ann, bob = ''] = userIds;
    const sessionId = randomUUID();

    const deleted = await chat.get('chat.delete', { userId: bob, chatId, sessionId });

    expect(deleted).toMatchObject({ chatId, memberIds: userIds });
    expect(rowsOf(chatId)).toEqual(NO_ROWS);
    expect(await chat.refusal('chat.get', { userId: ann, chatId })).toBe('CHAT_NOT_FOUND');
    expect(await chat.refusal('chat.join', { userId: ann, key })).toBe('CHAT_NOT_FOUND');
    expect((await chat.get('chat.list', { userId: ann })).chats).toEqual([]);
    await eventually(() => gateway.heard.length === 1, 'the gateway hears of it');
    expect(gateway.heard).toEqual([{ chatId, userId: bob, memberIds: userIds, at: deleted.keyDestroyedAt }]);
    expect((await chat.get('chat.activity.list', { userId: bob })).events).toEqual([
      { at: deleted.keyDestroyedAt, type: 'chat-deleted', sessionId, detail: chatId },
    ]);
    expect((await chat.get('chat.activity.list', { userId: ann })).events).toEqual([]);
  });

  it('answers the same to each former member, when it is repeated, also after a restart', async () => {
    const { chatId, userIds } = await aChat(chat);
    const [ann, bob = ''] = userIds;
    const first = await chat.get('chat.delete', { userId: ann, chatId });

    const again = await chat.get('chat.delete', { userId: bob, chatId });
    await backlogIs(0);
    await chat.down();
    await chat.up();
    const later = await chat.get('chat.delete', { userId: ann, chatId });

    expect([again, later]).toEqual([first, first]);
    expect(gateway.heard).toHaveLength(1);
    expect((await chat.get('chat.activity.list', { userId: bob })).events).toEqual([]);
  });

  it('is CHAT_NOT_FOUND, when one who had left before repeats it', async () => {
    const { chatId, userIds } = await aChat(chat);
    const [ann, bob = ''] = userIds;
    await chat.get('chat.leave', { userId: bob, chatId });
    await chat.get('chat.delete', { userId: ann, chatId });

    expect(await chat.refusal('chat.delete', { userId: bob, chatId })).toBe('CHAT_NOT_FOUND');
    expect(await chat.refusal('chat.delete', { userId: randomUUID(), chatId })).toBe('CHAT_NOT_FOUND');
  });

  it('cannot be repeated, when 24 h have passed', async () => {
    const { chatId, userIds } = await aChat(chat);
    await chat.get('chat.delete', { userId: userIds[0], chatId });
    await backlogIs(0);
    await chat.down();
    const database = new Database(join(chat.dataDir, 'chat.db'));
    database.prepare('UPDATE erasures SET key_destroyed_at = key_destroyed_at - 86400001').run();
    database.close();

    await chat.up();

    expect(await chat.refusal('chat.delete', { userId: userIds[0], chatId })).toBe('CHAT_NOT_FOUND');
    expect(chat.look((db) => db.prepare('SELECT count(*) FROM erasures').pluck().get())).toBe(0);
  });

  it('erases once and leaves no row, when joins, leaves, renames and deletions run at once', async () => {
    for (let round = 0; round < 25; round++) {
      const { chatId, key, userIds } = await aChat(chat, { members: 1 + (round % 2) });
      const [ann, bob = randomUUID()] = userIds;
      const asked = [
        ['chat.join', { userId: bob, key }],
        ['chat.delete', { userId: ann, chatId }],
        ['chat.leave', { userId: bob, chatId }],
        ['chat.rename', { userId: ann, chatId, name: 'Late' }],
        ['chat.delete', { userId: bob, chatId }],
        ['chat.join', { userId: randomUUID(), key }],
        ['chat.leave', { userId: ann, chatId }],
        ['chat.delete', { userId: ann, chatId }],
      ] as const;
      // Another order each round.
      const order = [...asked.slice(round % asked.length), ...asked.slice(0, round % asked.length)];

      const codes = await Promise.all(order.map(([subject, body]) => chat.refusal(subject, body)));
      // Whoever may still be in it has it erased.
      for (const { user_id } of chat.look((db) =>
        db
          .prepare<[string], { user_id: string }>('SELECT user_id FROM members WHERE chat_id = ?')
          .all(chatId),
      ))
        await chat.get('chat.delete', { userId: user_id, chatId });

      for (const code of codes) expect([undefined, 'CHAT_NOT_FOUND', 'CHAT_FULL']).toContain(code);
      expect(rowsOf(chatId)).toEqual(NO_ROWS);
      await eventually(() => gateway.heard.some((event) => event.chatId === chatId), 'it is told');
      expect(gateway.heard.filter((event) => event.chatId === chatId)).toHaveLength(1);
    }
  });
});

describe('with a gateway that does not confirm yet', () => {
  it('publishes it again until it is confirmed, also after a restart, and shows it in its health', async () => {
    const { chatId, userIds } = await aChat(chat);
    let working = false;
    const gateway = aGateway(() => (working ? CONFIRMED : { error: { code: 'INTERNAL', message: 'no' } }));

    await chat.get('chat.delete', { userId: userIds[0], chatId });
    await eventually(() => gateway.heard.length >= 2, 'it is told twice');
    const waiting = await chat.get('chat.health', {});
    await chat.down();
    const heardBefore = gateway.heard.length;
    await chat.up();
    await eventually(() => gateway.heard.length > heardBefore, 'it is told after the restart');
    working = true;

    expect(waiting.outboxPending).toBe(1);
    expect(waiting.outboxOldestMs).toBeGreaterThan(0);
    await backlogIs(0);
    gateway.leave();
  });

  it('answers the member all the same, when there is no gateway', async () => {
    const { chatId, userIds } = await aChat(chat);

    const deleted = await chat.get('chat.delete', { userId: userIds[0], chatId });

    expect(deleted.chatId).toBe(chatId);
    const gateway = aGateway(() => CONFIRMED);
    await backlogIs(0);
    gateway.leave();
  });
});

describe('while the file cannot be scrubbed', () => {
  it('answers SERVICE_UNAVAILABLE and finishes later, when a reader holds the write-ahead log', async () => {
    const gateway = aGateway(() => CONFIRMED);
    const { chatId, userIds } = await aChat(chat);
    const [ann] = userIds;
    const reader = new Database(join(chat.dataDir, 'chat.db'), { readonly: true });
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM chats').get();

    const refused = await chat.refusal('chat.delete', { userId: ann, chatId });
    const gone = await chat.refusal('chat.get', { userId: ann, chatId });
    reader.close();
    const unscrubbed = (): unknown =>
      chat.look((db) => db.prepare('SELECT count(*) FROM erasures WHERE scrubbed = 0').pluck().get());
    await eventually(() => unscrubbed() === 0, 'the file is scrubbed by itself');

    expect([refused, gone]).toEqual(['SERVICE_UNAVAILABLE', 'CHAT_NOT_FOUND']);
    expect((await chat.get('chat.delete', { userId: ann, chatId })).memberIds).toEqual(userIds);
    await backlogIs(0);
    gateway.leave();
  });
});

describe('event.user.deleted', () => {
  it("removes the user from every chat, erases empty chats and deletes the user's activity", async () => {
    const gateway = aGateway(() => CONFIRMED);
    const shared = await aChat(chat);
    const [ann, bob = ''] = shared.userIds;
    const alone = await chat.get('chat.create', { userId: bob, name: 'Alone' });
    await chat.get('chat.key.reveal', { userId: bob, chatId: shared.chatId });
    const left: unknown[] = [];
    const listening = chat.bus.subscribe('event.chat.member.left', {
      callback: (_, message) => void left.push(message.json()),
    });
    const event = { userId: bob, at: new Date().toISOString() };

    const confirmed = await bareRequest(chat.bus, 'event.user.deleted', event);
    const again = await bareRequest(chat.bus, 'event.user.deleted', event);

    expect([confirmed, again]).toEqual([{ data: { service: 'chat' } }, { data: { service: 'chat' } }]);
    const { chat: got } = await chat.get('chat.get', { userId: ann, chatId: shared.chatId });
    expect(got.members.map(({ id }) => id)).toEqual([ann]);
    expect(got.formerMembers.map(({ id }) => id)).toEqual([bob]);
    expect(rowsOf(alone.chat.id)).toEqual(NO_ROWS);
    expect((await chat.get('chat.list', { userId: bob })).chats).toEqual([]);
    expect((await chat.get('chat.activity.list', { userId: bob })).events).toEqual([]);
    expect(left).toEqual([
      { chatId: shared.chatId, userId: bob, memberIds: [ann], at: got.formerMembers[0]?.leftAt },
    ]);
    await eventually(() => gateway.heard.length === 1, 'the gateway hears of the chat that was left empty');
    expect(gateway.heard).toMatchObject([{ chatId: alone.chat.id, userId: bob, memberIds: [bob] }]);
    await backlogIs(0);
    listening.unsubscribe();
    gateway.leave();
  });

  it('keeps the user out of every chat from then on: calls in progress create and join none', async () => {
    const gateway = aGateway(() => CONFIRMED);
    const { key, chatId } = await aChat(chat, { members: 1 });
    const userId = randomUUID();
    const at = new Date().toISOString();

    const underWay = Array.from({ length: 60 }, (_, i) =>
      i % 2 === 0 ? chat.ask('chat.create', { userId }) : chat.ask('chat.join', { userId, key }),
    );
    await bareRequest(chat.bus, 'event.user.deleted', { userId, at });
    await Promise.all(underWay);

    expect(await chat.refusal('chat.create', { userId })).toBe('UNAUTHENTICATED');
    expect(await chat.refusal('chat.join', { userId, key })).toBe('UNAUTHENTICATED');
    expect((await chat.get('chat.list', { userId })).chats).toEqual([]);
    // The place is free for somebody else.
    const other = await chat.get('chat.join', { userId: randomUUID(), key });
    expect([other.chat.id, other.joined]).toEqual([chatId, true]);
    await chat.down();
    await chat.up();
    expect(await chat.refusal('chat.create', { userId })).toBe('UNAUTHENTICATED');
    gateway.leave();
  });

  it('is replaced by chat.members.remove for a member who no longer exists', async () => {
    const gateway = aGateway(() => CONFIRMED);
    const { userIds } = await aChat(chat);
    const [ann, bob = ''] = userIds;
    const found: string[] = [];
    for (let after: string | null = null, more = true; more;) {
      const page: Reply<'chat.members.list'> = await chat.get('chat.members.list', { after });
      found.push(...page.userIds);
      after = page.userIds.at(-1) ?? null;
      more = page.hasMore;
    }

    await chat.get('chat.members.remove', { userId: bob });

    expect(found).toEqual(expect.arrayContaining([ann, bob]));
    expect(found).toEqual([...new Set(found)].toSorted());
    expect((await chat.get('chat.list', { userId: bob })).chats).toEqual([]);
    expect((await chat.get('chat.list', { userId: ann })).chats[0]?.members).toHaveLength(1);
    gateway.leave();
  });

  it('leaves no chat behind, when the user is in more chats than one batch', async () => {
    const gateway = aGateway(() => CONFIRMED);
    const userId = randomUUID();
    await Promise.all(Array.from({ length: 230 }, () => chat.get('chat.create', { userId })));

    await bareRequest(chat.bus, 'event.user.deleted', { userId, at: new Date().toISOString() });

    expect((await chat.get('chat.list', { userId })).chats).toEqual([]);
    await eventually(() => gateway.heard.length === 230, 'the gateway hears of each');
    await backlogIs(0);
    gateway.leave();
  });
});
