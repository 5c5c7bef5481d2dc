import type { Chat } from '@app/contracts/edge';
import { eventually } from '@app/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { aChat, aMember, aMessage, aTombstone, CHAT, ME, OTHER } from '../test/factories.js';
import { ApiError } from './api-error.js';
import { ChatList, type Removal } from './chat-list.js';

/** A server's chats, and a list that looks at them. */
class Server {
  chats: Chat[];
  failure: ApiError | undefined;
  fetchedOne = 0;
  changes = 0;
  readonly removed: string[] = [];
  readonly reasons: Removal[] = [];
  beforeAnswer: () => void = () => undefined;
  readonly list: ChatList;

  constructor(...chats: Chat[]) {
    this.chats = chats;
    this.list = new ChatList({
      me: ME,
      fetchAll: async () => {
        const answer = [...this.chats];
        await Promise.resolve();
        this.beforeAnswer();
        if (this.failure) throw this.failure;
        return answer;
      },
      fetchOne: async (chatId) => {
        this.fetchedOne++;
        const found = this.chats.find(({ id }) => id === chatId);
        if (!found) throw new ApiError('CHAT_NOT_FOUND', { detail: 'none' });
        return Promise.resolve(found);
      },
      onChange: () => void this.changes++,
      onFetched: () => undefined,
      onRemoved: (chatId, why) => {
        this.removed.push(chatId);
        this.reasons.push(why);
      },
    });
  }

  /** The chat as the list has it. */
  get shown(): Chat | undefined {
    return this.list.get(CHAT);
  }
}

describe('ChatList', () => {
  const open: Server[] = [];
  afterEach(() => open.splice(0).forEach(({ list }) => list.close()));

  async function fetched(...chats: Chat[]): Promise<Server> {
    const server = new Server(...chats);
    open.push(server);
    await server.list.fetch();
    return server;
  }

  it('counts others’ messages as unread and shows the last one, when they are told', async () => {
    const server = await fetched(aChat());

    server.list.apply({ name: 'message:new', payload: { message: aMessage(1) } });
    server.list.apply({ name: 'message:new', payload: { message: aMessage(2, { senderId: ME }) } });
    server.list.apply({ name: 'message:new', payload: { message: aMessage(1) } });

    expect(server.shown).toMatchObject({ unread: 1, lastSeq: 2, lastMessage: { seq: 2 } });
  });

  it('keeps a message that was told while an older answer was on its way', async () => {
    const server = await fetched(aChat());
    server.beforeAnswer = () => server.list.apply({ name: 'message:new', payload: { message: aMessage(1) } });

    await server.list.fetch();

    expect(server.shown).toMatchObject({ lastSeq: 1, unread: 1 });
  });

  it('does not bring back a chat that was deleted while an older answer was on its way', async () => {
    const server = await fetched(aChat());
    server.beforeAnswer = () => server.list.apply({ name: 'chat:deleted', payload: { chatId: CHAT } });

    await server.list.fetch();

    expect(server.list.all).toEqual([]);
    expect(server.removed).toContain(CHAT);
  });

  it('tells of a chat that is gone, when it was deleted while the client was away', async () => {
    const server = await fetched(aChat());
    server.chats = [];

    await server.list.fetch();

    expect(server.removed).toEqual([CHAT]);
  });

  it('says of a chat that it was deleted or left only when it was told so', async () => {
    const [told, missing, left] = [await fetched(aChat()), await fetched(aChat()), await fetched(aChat())];
    const leftElsewhere = await fetched(aChat());
    missing.chats = [];

    told.list.apply({ name: 'chat:deleted', payload: { chatId: CHAT } });
    await missing.list.fetch();
    left.list.leave(CHAT);
    leftElsewhere.list.apply({ name: 'chat:member-left', payload: { chatId: CHAT, userId: ME } });

    const servers = [told, missing, left, leftElsewhere];
    expect(servers.map(({ removed }) => removed)).toEqual([[CHAT], [CHAT], [CHAT], [CHAT]]);
    expect(servers.map(({ reasons }) => reasons)).toEqual([['deleted'], ['unknown'], ['left'], ['left']]);
  });

  it('stays read as far as the user has read here, when an older answer comes', async () => {
    const server = await fetched(aChat({ lastSeq: 5, unread: 5 }));

    server.list.markRead(CHAT, 5);
    await server.list.fetch();

    expect(server.shown).toMatchObject({ readSeq: 5, unread: 0 });
  });

  it('asks the server for the count, when a message that may be unread is deleted', async () => {
    const server = await fetched(aChat({ lastSeq: 2, unread: 2, lastMessage: aMessage(2) }));
    server.chats = [aChat({ lastSeq: 2, unread: 1, lastMessage: aTombstone(2) })];

    server.list.apply({ name: 'message:deleted', payload: { message: aTombstone(2) } });
    expect(server.shown?.lastMessage).toEqual(aTombstone(2));

    await eventually(() => server.shown?.unread === 1, 'the count is right');
  });

  it('asks the server once, when several messages are missing', async () => {
    const server = await fetched(aChat());
    server.chats = [aChat({ lastSeq: 5, unread: 5, lastMessage: aMessage(5) })];

    for (const seq of [3, 5]) server.list.apply({ name: 'message:new', payload: { message: aMessage(seq) } });

    await eventually(() => server.shown?.unread === 5, 'the count is right');
    expect(server.fetchedOne).toBe(1);
  });

  it('never takes marks back, when receipts come in the wrong order', async () => {
    const server = await fetched(aChat({ lastSeq: 5 }));

    for (const seq of [4, 3]) {
      server.list.apply({
        name: 'receipt',
        payload: { chatId: CHAT, userId: OTHER, deliveredSeq: seq, readSeq: seq },
      });
    }

    expect(server.shown?.members[1]).toMatchObject({ deliveredSeq: 4, readSeq: 4 });
  });

  it('is read here too, when the user has read on another device', async () => {
    const server = await fetched(aChat({ lastSeq: 5, unread: 5 }));

    server.list.apply({
      name: 'receipt',
      payload: { chatId: CHAT, userId: ME, deliveredSeq: 5, readSeq: 5 },
    });

    expect(server.shown).toMatchObject({ readSeq: 5, unread: 0 });
  });

  it('follows presence, names and members, as they are told', async () => {
    const server = await fetched(aChat({ unread: 2, lastSeq: 3 }));

    server.list.apply({ name: 'presence', payload: { userId: OTHER, online: true, lastSeenAt: null } });
    expect(server.shown?.members[1]?.online).toBe(true);
    server.list.apply({ name: 'chat:updated', payload: { chat: aChat({ name: 'new', unread: 0 }) } });
    expect(server.shown).toMatchObject({ name: 'new', unread: 2, lastSeq: 3 });
    server.list.apply({ name: 'chat:member-left', payload: { chatId: CHAT, userId: OTHER } });
    expect(server.shown?.members).toHaveLength(1);
    expect(server.shown?.formerMembers).toMatchObject([{ id: OTHER, username: 'other' }]);
    server.list.apply({ name: 'chat:member-joined', payload: { chatId: CHAT, member: aMember() } });

    expect(server.shown?.members).toHaveLength(2);
    expect(server.shown?.formerMembers).toEqual([]);
  });

  it('sorts by the latest message or, without one, the creation', async () => {
    const old = aChat({ id: 'old', createdAt: '2025-01-01T00:00:00.000Z' });
    const busy = aChat({ id: 'busy', createdAt: '2024-01-01T00:00:00.000Z', lastMessage: aMessage(1) });

    const server = await fetched(old, busy);

    expect(server.list.all.map(({ id }) => id)).toEqual(['busy', 'old']);
  });

  it('tries again by itself, when the server is not reached', async () => {
    const server = new Server(aChat());
    open.push(server);
    server.failure = new ApiError('SERVICE_UNAVAILABLE', { detail: 'away' });
    const fetching = server.list.fetch();
    await eventually(() => !server.list.ready, 'the first try is under way');

    server.failure = undefined;
    await fetching;

    expect(server.list.ready).toBe(true);
  });

  it('shows no last text of a deleted account, though the server still has it', async () => {
    const formerMembers = [{ id: OTHER, username: null, leftAt: '2026-02-01T00:00:00.000Z' }];

    const server = await fetched(aChat({ lastSeq: 1, lastMessage: aMessage(1), formerMembers }));

    expect(server.shown?.lastMessage?.text).toBeNull();
  });

  it('notifies nobody, when an event, a mark or a fetch changes nothing', async () => {
    const server = await fetched(
      aChat({ lastSeq: 3, readSeq: 3, members: [aMember({ deliveredSeq: 3, readSeq: 3 })] }),
    );
    const before = server.list.all;
    server.changes = 0;

    server.list.markRead(CHAT, 5);
    server.list.markRead(CHAT, 3);
    server.list.apply({
      name: 'receipt',
      payload: { chatId: CHAT, userId: OTHER, deliveredSeq: 2, readSeq: 1 },
    });
    server.list.apply({ name: 'presence', payload: { userId: OTHER, online: false, lastSeenAt: null } });
    server.list.apply({ name: 'chat:updated', payload: { chat: structuredClone(server.chats[0] as Chat) } });
    server.chats = structuredClone(server.chats);
    await server.list.fetch();

    expect(server.changes).toBe(0);
    expect(server.list.all).toBe(before);
  });
});
