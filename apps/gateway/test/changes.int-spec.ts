import { randomUUID } from 'node:crypto';
import type { Chat, Message } from '@app/contracts/edge';
import { EdgeClient, eventually, Stack, type EdgeAnswer, type TestSocket } from '@app/testing';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let stack: Stack;
let ann: EdgeClient;
let bob: EdgeClient;
let eve: EdgeClient;

beforeAll(async () => {
  stack = await Stack.start();
  [ann, bob, eve] = (await Promise.all([1, 2, 3].map(() => EdgeClient.signedUp(stack.url)))) as [
    EdgeClient,
    EdgeClient,
    EdgeClient,
  ];
});
afterAll(() => {
  for (const client of [ann, bob, eve]) client.close();
  return stack.stop();
});

async function shared(): Promise<Chat> {
  const { chat, key } = await ann.createChat();
  await bob.join(key);
  return chat;
}

const path = ({ chatId, id }: Message, more = ''): string => `/chats/${chatId}/messages/${id}${more}`;
const edit = (message: Message, text: unknown, by = ann): Promise<EdgeAnswer> =>
  by.call('PATCH', path(message), { text });
const react = (message: Message, emoji: unknown, by = bob): Promise<EdgeAnswer> =>
  by.call('PUT', path(message, '/reaction'), { emoji });
const unreact = (message: Message, by = bob): Promise<EdgeAnswer> =>
  by.call('DELETE', path(message, '/reaction'));
const messageOf = (answer: EdgeAnswer): Message => answer.body['message'] as Message;

async function sendBy(client: EdgeClient, chat: Chat, body: object): Promise<EdgeAnswer> {
  return client.call('POST', `/chats/${chat.id}/messages`, { clientMessageId: randomUUID(), ...body });
}

/** The revs of a chat's messages, in the order in which a connection got them. */
function revsOf({ events }: TestSocket, chatId: string): (number | null)[] {
  return events
    .filter(({ name }) => name.startsWith('message:'))
    .map(({ payload }) => (payload as { message: Message }).message)
    .filter((message) => message.chatId === chatId)
    .map(({ rev }) => rev);
}

describe('PATCH /chats/:id/messages/:messageId', () => {
  it('puts another text in its place for everybody and says when', async () => {
    const chat = await shared();
    const message = await ann.send(chat.id, 'first');
    const sockets = [await ann.connect(), await bob.connect()];

    const answer = await edit(message, 'second, and longer');

    expect(answer.status).toBe(200);
    expect(messageOf(answer)).toEqual({
      ...message,
      rev: 2,
      text: 'second, and longer',
      editedAt: expect.stringMatching(/Z$/) as string,
    });
    for (const socket of sockets)
      await eventually(
        () => socket.of('message:updated').some((event) => event.message.rev === 2),
        'message:updated arrives',
      );
    expect((await bob.page(chat.id)).messages).toEqual([messageOf(answer)]);
    expect(messageOf(await bob.call('GET', path(message)))).toEqual(messageOf(answer));
    const listed = ((await bob.call('GET', `/chats/${chat.id}`)).body as { chat: Chat }).chat;
    expect([listed.lastMessage?.text, listed.lastRev, listed.lastSeq]).toEqual(['second, and longer', 2, 1]);
  });

  it('refuses what is no text, another’s message, an unknown one, an old one, a tombstone, and strangers', async () => {
    const chat = await shared();
    const message = await ann.send(chat.id, 'text');

    for (const text of ['', ' ', 'x'.repeat(4_001), 5, null])
      expect((await edit(message, text)).body).toMatchObject({ code: 'VALIDATION_FAILED', status: 400 });
    expect((await edit(message, 'no', bob)).body['code']).toBe('MESSAGE_NOT_FOUND');
    expect((await edit(message, 'no', eve)).body['code']).toBe('CHAT_NOT_FOUND');
    expect((await edit({ ...message, id: randomUUID() }, 'no')).body['code']).toBe('MESSAGE_NOT_FOUND');
    await ann.call('DELETE', path(message));
    expect((await edit(message, 'no')).body['code']).toBe('MESSAGE_NOT_FOUND');
  });

  it('takes no rev and sends no event where the text is the same', async () => {
    const chat = await shared();
    const message = await ann.send(chat.id, 'same');

    expect(messageOf(await edit(message, 'same'))).toEqual(message);

    expect((await ann.page(chat.id, '?changedAfter=1')).messages).toEqual([]);
  });

  it('leaves no byte of the old text in any file, and answers its repeat as it is now', async () => {
    const chat = await shared();
    const message = await ann.send(chat.id, 'the old text');
    const { messages } = (await ann.call('GET', `/chats/${chat.id}/stored`)).body as {
      messages: { nonce: string }[];
    };
    const needle = Buffer.from(messages[0]?.nonce ?? '', 'base64');

    const edited = messageOf(await edit(message, 'the new text'));

    const { readFileSync, readdirSync } = await import('node:fs');
    await eventually(
      () =>
        readdirSync(stack.dataDir).every((file) => !readFileSync(join(stack.dataDir, file)).includes(needle)),
      'no file holds the sealed bytes any more',
      5_000,
    );
    const { clientMessageId } = message;
    const repeat = await sendBy(ann, chat, { clientMessageId, text: 'the old text' });
    const conflict = await sendBy(ann, chat, { clientMessageId, text: 'the new text' });
    expect([repeat.status, messageOf(repeat), conflict.body['code']]).toEqual([
      200,
      edited,
      'IDEMPOTENCY_CONFLICT',
    ]);
  });
});

describe('reactions', () => {
  it('are one a member, in the order in which they came, and each change has its rev and event', async () => {
    const chat = await shared();
    const message = await ann.send(chat.id, 'text');
    const socket = await ann.connect();

    await react(message, '👍');
    await react(message, '❤️', ann);
    await react(message, '👍');
    const replaced = await react(message, '🎉');
    const removed = await unreact(message, ann);
    const nothing = await unreact(message, ann);

    expect(messageOf(replaced).reactions).toEqual([
      { userId: ann.id, emoji: '❤️' },
      { userId: bob.id, emoji: '🎉' },
    ]);
    expect(messageOf(removed)).toEqual({ ...message, rev: 5, reactions: [{ userId: bob.id, emoji: '🎉' }] });
    expect(nothing).toMatchObject({ status: 200, body: removed.body });
    await eventually(() => revsOf(socket, chat.id).length === 4, 'four events arrive');
    expect(revsOf(socket, chat.id)).toEqual([2, 3, 4, 5]);
  });

  it.each([
    ['a text', 'ok'],
    ['a bare heart', '\u2764'],
    ['a selector too many', '\u{1F44D}\uFE0F'],
    ['two', '👍👍'],
    ['nothing', ''],
    ['null', null],
  ])('refuse %s as VALIDATION_FAILED on emoji', async (_, emoji) => {
    const chat = await shared();
    const message = await ann.send(chat.id, 'text');

    expect((await react(message, emoji)).body).toMatchObject({
      code: 'VALIDATION_FAILED',
      errors: [{ field: 'emoji' }],
    });
  });

  it('find no tombstone and no stranger', async () => {
    const chat = await shared();
    const message = await ann.send(chat.id, 'text');

    expect((await react(message, '👍', eve)).body['code']).toBe('CHAT_NOT_FOUND');
    await react(message, '👍');
    const tombstone = messageOf(await ann.call('DELETE', path(message)));
    expect([tombstone.reactions, tombstone.rev]).toEqual([[], 3]);
    expect((await react(message, '👍')).body['code']).toBe('MESSAGE_NOT_FOUND');
    expect((await unreact(message)).body['code']).toBe('MESSAGE_NOT_FOUND');
  });

  it('of who leaves stay, those of a deleted account are erased', async () => {
    const chat = await shared();
    const gone = await EdgeClient.signedUp(stack.url);
    const { key } = (await ann.call('GET', `/chats/${chat.id}/key`)).body as { key: string };
    const message = await ann.send(chat.id, 'text');
    await react(message, '👍');
    await bob.call('DELETE', `/chats/${chat.id}/members/me`);
    await gone.join(key);
    await react(message, '🎉', gone);

    await gone.call('DELETE', '/auth/account', { password: EdgeClient.password });

    await eventually(
      async () => messageOf(await ann.call('GET', path(message))).reactions.length === 1,
      'the reaction is erased',
    );
    const [now] = (await ann.page(chat.id, '?changedAfter=3')).messages;
    expect(now).toMatchObject({ rev: 4, reactions: [{ userId: bob.id, emoji: '👍' }] });
  });
});

describe('an answer to a message', () => {
  it('names it, by HTTP and by socket, also once it is deleted', async () => {
    const chat = await shared();
    const message = await ann.send(chat.id, 'question');
    const socket = await bob.connect();

    const byHttp = await sendBy(bob, chat, { text: 'a', replyTo: message.id });
    const bySocket = await socket.ask('message:send', {
      chatId: chat.id,
      clientMessageId: randomUUID(),
      text: 'b',
      replyTo: message.id,
    });
    await ann.call('DELETE', path(message));
    const late = await sendBy(bob, chat, { text: 'c', replyTo: message.id });
    const none = await sendBy(bob, chat, { text: 'd', replyTo: null });

    expect(
      [messageOf(byHttp), bySocket['message'] as Message, messageOf(late)].map(({ replyTo }) => replyTo),
    ).toEqual([message.id, message.id, message.id]);
    expect(messageOf(none).replyTo).toBeNull();
  });

  it.each([
    ['an unknown id', () => randomUUID()],
    ['no id', () => 'x'],
    ['a number', () => 5],
  ])('is VALIDATION_FAILED on replyTo for %s', async (_, replyTo) => {
    const chat = await shared();
    await ann.send(chat.id, 'text');

    expect((await sendBy(bob, chat, { text: 'a', replyTo: replyTo() })).body).toMatchObject({
      code: 'VALIDATION_FAILED',
      errors: [{ field: 'replyTo' }],
    });
  });

  it('is VALIDATION_FAILED for a message of another chat', async () => {
    const [here, there] = [await shared(), await shared()];
    const message = await ann.send(there.id, 'elsewhere');
    await ann.send(here.id, 'here');

    expect((await sendBy(ann, here, { text: 'a', replyTo: message.id })).body['code']).toBe(
      'VALIDATION_FAILED',
    );
  });
});

describe('GET /chats/:id/messages?changedAfter', () => {
  it('goes with no other cursor', async () => {
    const chat = await shared();

    for (const more of ['&after=1', '&before=5'])
      expect((await ann.call('GET', `/chats/${chat.id}/messages?changedAfter=0${more}`)).body['code']).toBe(
        'VALIDATION_FAILED',
      );
  });

  it('lets whoever was away catch up with everything, while both change what they like', async () => {
    const chat = await shared();
    const socket = await bob.connect();
    const sent: Message[] = [];
    for (let i = 0; i < 10; i++) sent.push(await ann.send(chat.id, `text ${i}`));
    await Promise.all(
      sent.flatMap((message, i) => [
        edit(message, `edited ${i}`),
        react(message, '👍'),
        i % 3 === 0 ? ann.call('DELETE', path(message)) : ann.send(chat.id, `more ${i}`),
      ]),
    );

    const caughtUp = new Map<number, Message>();
    let [rev, hasMore] = [0, true];
    const revs: number[] = [];
    while (hasMore) {
      const page = await bob.page(chat.id, `?changedAfter=${rev}&limit=3`);
      for (const message of page.messages) {
        caughtUp.set(message.seq, message);
        revs.push(message.rev ?? 0);
      }
      rev = page.messages.at(-1)?.rev ?? rev;
      ({ hasMore } = page);
    }

    const { messages } = await ann.page(chat.id, '?after=0&limit=200');
    expect([...caughtUp.values()].sort((a, b) => a.seq - b.seq)).toEqual(messages);
    expect(revs).toEqual(revs.toSorted((a, b) => a - b));
    const { lastRev } = ((await ann.call('GET', `/chats/${chat.id}`)).body as { chat: Chat }).chat;
    expect(rev).toBe(lastRev);
    await eventually(() => revsOf(socket, chat.id).length === lastRev, 'every change arrives');
    expect(revsOf(socket, chat.id)).toEqual(Array.from({ length: lastRev }, (_, i) => i + 1));
  });
});

describe('messages that disappear', () => {
  it('are set for a chat by any member, and hold for what is sent from then on', async () => {
    const chat = await shared();
    const socket = await bob.connect();
    const before = await ann.send(chat.id, 'before');

    const set = await bob.call('PATCH', `/chats/${chat.id}`, { messageTtl: 31_536_000, name: 'both' });
    const after = await ann.send(chat.id, 'after');
    const off = await ann.call('PATCH', `/chats/${chat.id}`, { messageTtl: null });
    const last = await bob.send(chat.id, 'last');

    expect(set.body['chat']).toMatchObject({ messageTtl: 31_536_000, name: 'both' });
    expect(off.body['chat']).toMatchObject({ messageTtl: null, name: 'both' });
    expect([before.expiresAt, last.expiresAt]).toEqual([null, null]);
    expect(Date.parse(after.expiresAt ?? '') - Date.parse(after.sentAt ?? '')).toBe(31_536_000_000);
    await eventually(
      () => socket.of('chat:updated').some(({ chat: { messageTtl } }) => messageTtl === 31_536_000),
      'chat:updated arrives',
    );
  });

  it.each([29, 31_536_001, 30.5, '60', true])(
    'refuse %s as VALIDATION_FAILED on messageTtl',
    async (messageTtl) => {
      const chat = await shared();

      expect((await ann.call('PATCH', `/chats/${chat.id}`, { messageTtl })).body).toMatchObject({
        code: 'VALIDATION_FAILED',
        errors: [{ field: 'messageTtl' }],
      });
      expect((await ann.call('PATCH', `/chats/${chat.id}`, {})).body['code']).toBe('VALIDATION_FAILED');
    },
  );

  it('are tombstones at their time, erased and broadcast, also where the server was stopped meanwhile', async () => {
    const chat = await shared();
    await ann.call('PATCH', `/chats/${chat.id}`, { messageTtl: 30 });
    const first = await ann.send(chat.id, 'gone while it runs');
    const socket = await bob.connect();
    await eventually(
      () => socket.of('message:deleted').some((event) => event.message.id === first.id),
      'message:deleted arrives',
      60_000,
    );
    const second = await ann.send(chat.id, 'gone while it is stopped');
    await stack.kill('gateway');
    await eventually(() => Date.now() > Date.parse(second.expiresAt ?? ''), 'its time comes', 60_000);
    await stack.restart('gateway');

    const { messages } = await bob.page(chat.id);
    expect(messages.map(({ text, deletedAt }) => [text, deletedAt])).toEqual([
      [null, first.expiresAt],
      [null, second.expiresAt],
    ]);
    await eventually(
      async () => (await bob.page(chat.id)).messages.map(({ rev }) => rev).join() === '2,4',
      'both are erased in the store',
      10_000,
    );
  }, 120_000);
});
