import { randomInt, randomUUID } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { bareRequest, PieceScanner } from '@app/testing';
import { parseChatKey } from '@app/crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aChat, ChatUnderTest } from './chat-under-test.js';

interface Secrets {
  readonly id: string;
  readonly wrapped_key: Buffer;
  readonly lookup: Buffer;
  readonly name_sealed: Buffer | null;
}

let chat: ChatUnderTest;
let scanner: PieceScanner;

beforeAll(async () => {
  chat = await ChatUnderTest.start();
  chat.bus.subscribe('event.chat.deleted', {
    callback: (_, message) => void message.respond('{"data":{"service":"gateway"}}'),
  });
});
afterAll(() => chat.stop());
beforeEach(() => {
  scanner = new PieceScanner();
});

/** Has the scanner look for all that is stored now of one chat, or of all. */
function mark(chatId = '%'): void {
  const rows = chat.look((database) =>
    database
      .prepare<[string], Secrets>(
        `SELECT id, wrapped_key, lookup, name_sealed FROM chats JOIN chat_keys ON chat_id = id WHERE id LIKE ?`,
      )
      .all(chatId),
  );
  for (const row of rows) {
    scanner.add(`wrapped key of ${row.id}`, row.wrapped_key);
    scanner.add(`lookup of ${row.id}`, row.lookup);
    if (row.name_sealed) scanner.add(`name of ${row.id}`, row.name_sealed);
  }
}

function aName(): string {
  return 'n'.repeat(randomInt(1, 80));
}

type Made = Awaited<ReturnType<typeof aChat>>;

/** Chats of one or two members; made at once, so that their rows lie in no order. */
function manyChats(count: number): Promise<Made[]> {
  return Promise.all(
    Array.from({ length: count }, () => aChat(chat, { name: aName(), members: randomInt(1, 3) })),
  );
}

/** Destroys a chat in one of the ways there are. */
async function destroy({ chatId, userIds }: Made): Promise<void> {
  const way = randomInt(3);
  for (const userId of userIds)
    if (way === 0) await chat.refusal('chat.delete', { userId, chatId });
    else if (way === 1) await chat.get('chat.leave', { userId, chatId });
    else await bareRequest(chat.bus, 'event.user.deleted', { userId, at: new Date().toISOString() });
}

describe('a destroyed chat', () => {
  it('is found by the scanner, while it is not destroyed', async () => {
    const [made] = await manyChats(1);
    if (!made) throw new Error('no chat was made');
    mark(made.chatId);

    expect([...scanner.found(chat.dataDir)]).toHaveLength(3);
  });

  it('leaves no piece of its wrapped key, lookup or names in any file, however it is destroyed', async () => {
    const living = await manyChats(80);
    const left: string[] = [];
    for (let destroyed = 1; destroyed <= 60; destroyed++) {
      const [victim] = living.splice(randomInt(living.length), 1);
      if (!victim) throw new Error('no chat is left');
      const { chatId, userIds } = victim;
      mark(chatId);
      await chat.get('chat.rename', { userId: userIds[0], chatId, name: aName() });
      mark(chatId);
      // Others write while it is destroyed.
      await Promise.all([destroy(victim), manyChats(randomInt(3))]);

      if (destroyed % 10 === 0) left.push(...scanner.found(chat.dataDir));
    }

    expect(left).toEqual([]);
  });

  it('leaves no piece either, when thousands are erased and SQLite merges emptied pages', async () => {
    const users = Array.from({ length: 40 }, () => randomUUID());
    for (let i = 0; i < 60; i++)
      await Promise.all(users.map((userId) => chat.get('chat.create', { userId, name: aName() })));
    mark();
    const bytesBefore = statSync(join(chat.dataDir, 'chat.db')).size;

    for (const userId of users.slice(5))
      await bareRequest(chat.bus, 'event.user.deleted', { userId, at: new Date().toISOString() });

    const living = chat.look((db) => db.prepare('SELECT id FROM chats').pluck().all());
    const found = [...scanner.found(chat.dataDir)].map((name) => name.slice(-36));
    expect(new Set(found)).toEqual(new Set(living));
    // Merged pages leave a piece in one run of three: that the file was written anew shows in every run.
    expect(statSync(join(chat.dataDir, 'chat.db')).size).toBeLessThan(bytesBefore / 2);
  }, 60_000);
});

describe('the data folder', () => {
  it('holds no chat key and no name, in raw, base64 or hex', async () => {
    const name = 'The plans that nobody else may read';
    const { chatId, key, userIds } = await aChat(chat, { name });
    await chat.get('chat.key.reveal', { userId: userIds[0], chatId });
    const access = await chat.get('chat.access', { userId: userIds[0], chatId });
    for (const [what, bytes] of [
      ['chat key', parseChatKey(key)],
      ['message key', Buffer.from(access.messageKey, 'base64')],
      ['name', Buffer.from(name)],
    ] as const) {
      scanner.add(what, bytes);
      scanner.add(`${what} in hex`, Buffer.from(bytes.toString('hex')));
      // Base64 has three forms, by where the bytes begin in a text.
      for (let shift = 0; shift < 3; shift++) {
        const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
        scanner.add(`${what} in base64`, Buffer.from(text.slice(4, -4)));
        scanner.add(
          `${what} in base64url`,
          Buffer.from(text.slice(4, -4).replaceAll('+', '-').replaceAll('/', '_')),
        );
      }
    }
    scanner.add('text form', Buffer.from(key));

    expect([...scanner.found(chat.dataDir)]).toEqual([]);
  });

  it('is readable by its owner only', () => {
    const modes = [chat.dataDir, ...readdirSync(chat.dataDir).map((file) => join(chat.dataDir, file))].map(
      (path) => statSync(path).mode & 0o077,
    );

    expect(modes.length).toBeGreaterThan(2);
    expect(new Set(modes)).toEqual(new Set([0]));
  });
});
