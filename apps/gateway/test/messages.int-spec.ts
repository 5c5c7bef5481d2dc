import { randomUUID } from 'node:crypto';
import type { Chat, Message } from '@app/contracts/edge';
import { EdgeClient, eventually, Stack } from '@app/testing';
import Database from 'better-sqlite3';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let stack: Stack;
let ann: EdgeClient;
let bob: EdgeClient;

beforeAll(async () => {
  stack = await Stack.start();
  [ann, bob] = await Promise.all([EdgeClient.signedUp(stack.url), EdgeClient.signedUp(stack.url)]);
});
afterAll(() => {
  ann.close();
  bob.close();
  return stack.stop();
});

async function shared(): Promise<Chat> {
  const { chat, key } = await ann.createChat();
  await bob.join(key);
  return chat;
}

describe('POST /chats/:id/messages', () => {
  it('stores a text exactly as sent, and assigns seq from 1 without gaps', async () => {
    const chat = await shared();
    const texts = [
      '  spaces stay  ',
      'lines\nand\ttabs',
      '\u0000\u0007 control',
      '👩‍👩‍👧‍👦 família ﷺ',
      'é é',
      'x'.repeat(4000),
      '🎈'.repeat(4000),
    ];

    const sent: Message[] = [];
    for (const text of texts) sent.push(await ann.send(chat.id, text));

    expect(sent.map(({ text }) => text)).toEqual(texts);
    expect(sent.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect((await bob.page(chat.id)).messages).toEqual(sent);
    expect(sent[0]).toEqual({
      id: expect.any(String) as string,
      chatId: chat.id,
      seq: 1,
      rev: 1,
      senderId: ann.id,
      clientMessageId: expect.any(String) as string,
      text: '  spaces stay  ',
      replyTo: null,
      attachments: [],
      reactions: [],
      editedAt: null,
      expiresAt: null,
      sentAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
      deletedAt: null,
      damaged: false,
    });
  });

  it.each([
    ['4,001 characters', '🎈'.repeat(4001)],
    ['white space only', ' \n\u2003 '],
    ['nothing', ''],
    ['a lone surrogate', 'half \ud83c'],
    ['a number', 5],
    ['null', null],
  ])('is VALIDATION_FAILED on text for %s, and stores nothing', async (_what, text) => {
    const chat = await shared();

    const answer = await ann.call('POST', `/chats/${chat.id}/messages`, {
      clientMessageId: randomUUID(),
      text,
    });

    expect(answer.body).toMatchObject({ code: 'VALIDATION_FAILED', errors: [{ field: 'text' }] });
    expect((await ann.page(chat.id)).messages).toEqual([]);
  });

  it('is 200 with the same message for a repeat, and IDEMPOTENCY_CONFLICT for another text', async () => {
    const chat = await shared();
    const clientMessageId = randomUUID();
    const path = `/chats/${chat.id}/messages`;

    const first = await ann.call('POST', path, { clientMessageId, text: 'once' });
    const repeat = await ann.call('POST', path, { clientMessageId, text: 'once' });
    const conflict = await ann.call('POST', path, { clientMessageId, text: 'another' });
    const other = await bob.call('POST', path, { clientMessageId, text: 'another person' });

    expect([first.status, repeat.status, conflict.status, other.status]).toEqual([201, 200, 409, 201]);
    expect(repeat.body).toEqual(first.body);
    expect(conflict.body['code']).toBe('IDEMPOTENCY_CONFLICT');
    expect((await ann.page(chat.id)).messages).toHaveLength(2);
  });

  it('stores a message once that is sent many times by socket and HTTP, also over a SIGKILL', async () => {
    const chat = await shared();
    const clientMessageId = randomUUID();
    const body = { clientMessageId, text: 'once only' };
    const socket = await ann.connect();

    const byHttp = async (): Promise<Record<string, unknown>> =>
      (await ann.call('POST', `/chats/${chat.id}/messages`, body)).body;
    const answers = await Promise.all([
      ...Array.from({ length: 5 }, byHttp),
      ...Array.from({ length: 5 }, () => socket.ask('message:send', { chatId: chat.id, ...body })),
    ]);
    await stack.kill('gateway');
    await stack.restart('gateway');
    const after = await ann.call('POST', `/chats/${chat.id}/messages`, body);

    const ids = answers.map((answer) => (answer['message'] as Message).id);
    expect(new Set(ids).size).toBe(1);
    expect(after.status).toBe(200);
    expect((await bob.page(chat.id)).messages).toEqual([after.body['message']]);
  });
});

describe('GET /chats/:id/messages', () => {
  it('returns pages by before, after and both, with hasMore for their direction', async () => {
    const chat = await shared();
    for (let i = 1; i <= 60; i++) await ann.send(chat.id, `m${i}`);
    const seqs = async (query: string): Promise<[number[], boolean]> => {
      const page = await bob.page(chat.id, query);
      return [page.messages.map(({ seq }) => seq), page.hasMore];
    };
    const range = (from: number, to: number): number[] =>
      Array.from({ length: to - from + 1 }, (_, i) => from + i);

    expect(await seqs('')).toEqual([range(11, 60), true]);
    expect(await seqs('?limit=200')).toEqual([range(1, 60), false]);
    expect(await seqs('?before=11')).toEqual([range(1, 10), false]);
    expect(await seqs('?before=31&limit=10')).toEqual([range(21, 30), true]);
    expect(await seqs('?after=55')).toEqual([range(56, 60), false]);
    expect(await seqs('?after=10&limit=5')).toEqual([range(11, 15), true]);
    expect(await seqs('?after=10&before=14')).toEqual([range(11, 13), false]);
    expect(await seqs('?after=10&before=40&limit=5')).toEqual([range(11, 15), true]);
    expect(await seqs('?after=60')).toEqual([[], false]);
    expect(await seqs('?before=1')).toEqual([[], false]);
    expect(await seqs('?before=1000&limit=1')).toEqual([[60], true]);
    expect(await seqs(`?before=${Number.MAX_SAFE_INTEGER}&limit=1`)).toEqual([[60], true]);
    expect(await seqs(`?after=${Number.MAX_SAFE_INTEGER}`)).toEqual([[], false]);
  });

  it.each([
    '?limit=0',
    '?limit=201',
    '?limit=x',
    '?before=-1',
    '?after=1.5',
    '?after=',
    '?unknown=1',
    '?limit=1&limit=2',
  ])('is VALIDATION_FAILED for %s', async (query) => {
    const chat = await shared();

    expect((await ann.call('GET', `/chats/${chat.id}/messages${query}`)).body['code']).toBe(
      'VALIDATION_FAILED',
    );
  });
});

describe('DELETE /chats/:id/messages/:messageId', () => {
  it('erases the text for everybody, leaves a tombstone, and erases the bytes within 5 s', async () => {
    const chat = await shared();
    const message = await ann.send(chat.id, 'to be regretted');
    const sockets = [await ann.connect(), await bob.connect()];
    const sealed = (await ann.call('GET', `/chats/${chat.id}/stored`)).body['messages'] as {
      sealed: string;
      nonce: string;
    }[];
    const needle = Buffer.from(sealed[0]?.nonce ?? '', 'base64');

    const foreign = await bob.call('DELETE', `/chats/${chat.id}/messages/${message.id}`);
    const answer = await ann.call('DELETE', `/chats/${chat.id}/messages/${message.id}`);
    const again = await ann.call('DELETE', `/chats/${chat.id}/messages/${message.id}`);

    expect(foreign.body).toMatchObject({ code: 'MESSAGE_NOT_FOUND', status: 404 });
    expect(answer.status).toBe(200);
    expect(answer.body['message']).toEqual({
      ...message,
      rev: 2,
      text: null,
      deletedAt: expect.stringMatching(/Z$/) as string,
    });
    expect(again.body).toEqual(answer.body);
    for (const socket of sockets)
      await eventually(
        () => socket.of('message:deleted').some((event) => event.message.id === message.id),
        'message:deleted arrives',
      );
    expect((await bob.page(chat.id)).messages).toEqual([answer.body['message']]);
    const { readFileSync, readdirSync } = await import('node:fs');
    await eventually(
      () =>
        readdirSync(stack.dataDir).every((file) => !readFileSync(join(stack.dataDir, file)).includes(needle)),
      'no file contains the ciphertext',
      5_000,
    );
    const repeat = await ann.call('POST', `/chats/${chat.id}/messages`, {
      clientMessageId: message.clientMessageId,
      text: 'new',
    });
    expect(repeat).toMatchObject({ status: 200, body: { message: { text: null, seq: message.seq } } });
  });

  it('is MESSAGE_NOT_FOUND for a message of another chat', async () => {
    const [one, two] = [await shared(), await shared()];
    const message = await ann.send(one.id, 'here');

    expect((await ann.call('DELETE', `/chats/${two.id}/messages/${message.id}`)).body['code']).toBe(
      'MESSAGE_NOT_FOUND',
    );
    expect((await ann.call('DELETE', `/chats/${two.id}/messages/${randomUUID()}`)).body['code']).toBe(
      'MESSAGE_NOT_FOUND',
    );
  });
});

describe('a manipulated message store', () => {
  it('returns edited, exchanged, moved and missing rows as damaged, and all other messages', async () => {
    const chat = await shared();
    const other = await shared();
    for (let i = 1; i <= 8; i++) await ann.send(chat.id, `text ${i}`);
    await ann.send(other.id, 'of another chat');
    await stack.services.gateway.end('SIGTERM');
    const db = new Database(join(stack.dataDir, 'gateway.db'));
    const ref = (id: string): number =>
      (
        db
          .prepare('SELECT ref FROM heads WHERE hex(chat_id) = ?')
          .get(id.replaceAll('-', '').toUpperCase()) as { ref: number }
      ).ref;
    const [here, there] = [ref(chat.id), ref(other.id)];
    const sealed = (of: number, seq: number): Buffer =>
      (db.prepare('SELECT sealed FROM messages WHERE ref = ? AND seq = ?').get(of, seq) as { sealed: Buffer })
        .sealed;
    const put = db.prepare('UPDATE messages SET sealed = ? WHERE ref = ? AND seq = ?');
    const edited = sealed(here, 2);
    edited.writeUInt8(edited.readUInt8(20) ^ 1, 20);
    put.run(edited, here, 2);
    const [three, four] = [sealed(here, 3), sealed(here, 4)];
    put.run(four, here, 3);
    put.run(three, here, 4);
    put.run(sealed(there, 1), here, 5);
    db.prepare('UPDATE messages SET sent_at = sent_at + 1 WHERE ref = ? AND seq = 6').run(here);
    db.prepare('DELETE FROM messages WHERE ref = ? AND seq = 7').run(here);
    db.close();
    await stack.restart('gateway');

    const { messages } = await bob.page(chat.id);

    expect(messages.map(({ seq, text, damaged }) => [seq, text, damaged])).toEqual([
      [1, 'text 1', false],
      [2, null, true],
      [3, null, true],
      [4, null, true],
      [5, null, true],
      [6, null, true],
      [7, null, true],
      [8, 'text 8', false],
    ]);
    expect(messages[6]).toEqual({
      id: null,
      chatId: chat.id,
      seq: 7,
      rev: null,
      senderId: null,
      clientMessageId: null,
      text: null,
      replyTo: null,
      attachments: [],
      reactions: [],
      sentAt: null,
      editedAt: null,
      expiresAt: null,
      deletedAt: null,
      damaged: true,
    });
    await eventually(
      () => stack.services.gateway.log.includes('a stored message does not open'),
      'the log reports the damage',
    );
    expect(stack.log).not.toContain('text 1');
  });
});

describe('a service that is killed', () => {
  it.each(['auth', 'chat', 'gateway'] as const)(
    'leaves the conversation complete after a restart of %s',
    async (name) => {
      const chat = await shared();
      await ann.send(chat.id, 'before');
      const socket = name === 'gateway' ? undefined : await bob.connect();

      await stack.kill(name);
      if (socket) {
        await ann.send(chat.id, 'meanwhile');
        await eventually(
          () => socket.of('message:new').some(({ message }) => message.text === 'meanwhile'),
          'message:new arrives meanwhile',
        );
      }
      await stack.restart(name);
      await bob.send(chat.id, 'after');

      const texts = (await ann.page(chat.id)).messages.map(({ text }) => text);
      expect(texts).toEqual(socket ? ['before', 'meanwhile', 'after'] : ['before', 'after']);
    },
  );
});
