import { createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Scrubber, sqliteHandle, sqliteOptions, Telemetry, WriteQueue } from '@app/platform';
import { PieceScanner, temporaryFolder } from '@app/testing';
import { pino } from 'pino';
import { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GATEWAY_MIGRATIONS } from '../migrations/migrations.js';
import { AuthorIndex } from './author-index.js';
import { ChatStates } from '../messages/chat-state.js';
import { Compaction } from './compaction.js';
import { MessageRepository } from '../messages/message.repository.js';
import { MessageWriter } from '../messages/message-writer.js';
import { SenderEraser } from './sender-eraser.js';
import type { MessageRow } from '../messages/stored-state.js';

describe('a chat of which members come, write, leave and delete their accounts', () => {
  const logger = pino({ level: 'silent' });
  const messageKey = createSecretKey(randomBytes(32));
  const [ann, bob] = [randomUUID(), randomUUID()];
  let folder: ReturnType<typeof temporaryFolder>;
  let source: DataSource;
  let states: ChatStates;
  let writer: MessageWriter;
  let eraser: SenderEraser;
  let authors: AuthorIndex;

  async function open(): Promise<void> {
    const file = join(folder.path, 'gateway.db');
    source = await new DataSource(
      sqliteOptions(file, { entities: [], migrations: GATEWAY_MIGRATIONS }),
    ).initialize();
    sqliteHandle(source).exec('PRAGMA synchronous=OFF');
    const queue = new WriteQueue(source);
    states = new ChatStates(new MessageRepository(source));
    const telemetry = await Telemetry.start('gateway', { host: '', port: 0 });
    writer = new MessageWriter(queue, new MessageRepository(source), states, logger, telemetry);
    const compaction = new Compaction(queue, new Scrubber(queue, file, logger), logger);
    authors = new AuthorIndex(queue, states, logger);
    eraser = new SenderEraser(queue, compaction, writer, states, authors);
  }

  beforeEach(async () => {
    folder = temporaryFolder();
    await open();
  });
  afterEach(async () => {
    await writer.drain();
    await source.destroy();
    folder.remove();
  });

  function send(chatId: string, senderId: string, memberIds = [ann, bob]): Promise<MessageRow> {
    return new Promise((stored, failed) =>
      writer.send({
        chatId,
        memberIds,
        messageKey,
        senderId,
        replyTo: null,
        messageTtl: null,
        refusal: () => undefined,
        clientMessageId: randomUUID(),
        text: randomUUID(),
        stored,
        failed,
      }),
    );
  }

  async function sendMany(chatId: string, senderId: string, count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => send(chatId, senderId)));
  }

  const all = <T>(sql: string): T[] => sqliteHandle(source).prepare(sql).all() as T[];

  /** What a member has not read, as memory has it and as a start would read it. */
  async function unread(chatId: string, userId: string): Promise<number> {
    const now = states.mark(states.get(chatId), userId).unread;
    states.clear();
    expect(states.mark(states.get(chatId), userId).unread).toBe(now);
    return now;
  }

  it('counts what a member has not read without reading the messages, also after they left and came back', async () => {
    const chatId = randomUUID();
    await sendMany(chatId, ann, 3);
    await sendMany(chatId, bob, 5);
    expect([await unread(chatId, ann), await unread(chatId, bob)]).toEqual([5, 3]);

    await writer.deleteReceipts(chatId, bob);
    await sendMany(chatId, ann, 1_200);
    expect(await unread(chatId, bob)).toBe(1_203);
    // With the messages out of reach a count has to come from the counts that are kept.
    const state = states.get(chatId);
    sqliteHandle(source).exec('ALTER TABLE messages RENAME TO hidden');
    const ofNewcomer = states.mark(state, randomUUID()).unread;
    sqliteHandle(source).exec('ALTER TABLE hidden RENAME TO messages');
    expect(ofNewcomer).toBe(1_208);

    await send(chatId, bob);
    await writer.move(chatId, bob, 'read', 8);
    expect(await unread(chatId, bob)).toBe(1_200);
  });

  it('erases what they wrote in every chat, also those they left; what others have not read is counted without it', async () => {
    const chats = Array.from({ length: 30 }, () => randomUUID());
    for (const chatId of chats) {
      await sendMany(chatId, ann, 4);
      await sendMany(chatId, bob, 7);
    }
    const [left, other] = [chats[3] ?? '', randomUUID()];
    await writer.deleteReceipts(left, bob);
    await send(other, ann, [ann]);
    const scanner = new PieceScanner();
    const sealed = all<{ row: number; sealed: Buffer }>(
      `SELECT row, sealed FROM messages WHERE hex(sender_id) = '${bob.replaceAll('-', '').toUpperCase()}'`,
    );
    expect(sealed).toHaveLength(210);
    for (const row of sealed) scanner.add(String(row.row), row.sealed);

    await Promise.all([eraser.erase(bob), eraser.erase(bob)]);
    await eraser.erase(bob);

    expect(scanner.found(folder.path)).toEqual(new Set());
    for (const chatId of chats) expect(await unread(chatId, ann)).toBe(0);
    expect(await unread(left, randomUUID())).toBe(4);
    expect(all('SELECT 1 FROM messages WHERE sealed IS NOT NULL')).toHaveLength(121);
    expect(
      all(`SELECT 1 FROM marks WHERE hex(user_id) = '${bob.replaceAll('-', '').toUpperCase()}'`),
    ).toEqual([]);
    await expect(send(other, bob)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('is found in a store of an earlier version too, which knew no authors and no counts', async () => {
    const chats = Array.from({ length: 40 }, () => randomUUID());
    for (const chatId of chats) {
      await sendMany(chatId, ann, 2);
      await sendMany(chatId, bob, 3);
    }
    const db = sqliteHandle(source);
    db.exec('UPDATE heads SET live = -1; DELETE FROM marks; DELETE FROM former_authors');
    states.clear();
    const [first] = chats;
    expect(await unread(first ?? '', ann)).toBe(3);

    await eraser.erase(bob);

    expect(all('SELECT 1 FROM messages WHERE sealed IS NOT NULL')).toHaveLength(80);
    for (const chatId of chats) {
      expect(await unread(chatId, ann)).toBe(0);
      expect(await unread(chatId, randomUUID())).toBe(2);
    }
    // What is counted once is kept with the next message.
    await send(first ?? '', ann);
    expect(all('SELECT 1 FROM heads WHERE live = 3')).toHaveLength(1);
  });
});
