import { createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { sqliteHandle, sqliteOptions, Telemetry, WriteQueue } from '@app/platform';
import { temporaryFolder } from '@app/testing';
import Database from 'better-sqlite3';
import { pino } from 'pino';
import { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GATEWAY_MIGRATIONS } from '../migrations/migrations.js';
import { ChatStates } from './chat-state.js';
import { MessageRepository } from './message.repository.js';
import { MessageWriter } from './message-writer.js';
import type { MessageRow } from './stored-state.js';

const LIMIT_MS = 120_000;

const SILENT = pino({ level: 'silent' });

describe('MessageWriter', () => {
  const messageKey = createSecretKey(randomBytes(32));
  const [ann, bob] = [randomUUID(), randomUUID()];
  let folder: ReturnType<typeof temporaryFolder>;
  let source: DataSource;
  let states: ChatStates;
  let writer: MessageWriter;
  let chatId: string;

  beforeEach(async () => {
    chatId = randomUUID();
    folder = temporaryFolder();
    const migrations = GATEWAY_MIGRATIONS;
    const file = join(folder.path, 'gateway.db');
    source = await new DataSource(sqliteOptions(file, { entities: [], migrations })).initialize();
    // These tests look at what is committed together, not at what survives a power cut.
    sqliteHandle(source).exec('PRAGMA synchronous=OFF');
    const queue = new WriteQueue(source);
    const rows = new MessageRepository(source);
    states = new ChatStates(rows);
    const telemetry = await Telemetry.start('gateway', { host: '', port: 0 });
    writer = new MessageWriter(queue, rows, states, SILENT, telemetry);
  });
  afterEach(async () => {
    await writer.drain();
    await source.destroy();
    folder.remove();
  });

  /** Sends a message, and calls back once it is stored. */
  function send(onStored: () => void = () => undefined): Promise<MessageRow> {
    return new Promise((done, failed) =>
      writer.send({
        chatId,
        memberIds: [ann, bob],
        messageKey,
        senderId: ann,
        replyTo: null,
        messageTtl: null,
        refusal: () => undefined,
        clientMessageId: randomUUID(),
        text: 'x',
        stored: (message) => {
          onStored();
          done(message);
        },
        failed,
      }),
    );
  }

  it('commits 200 messages together at most, and acknowledges none before its commit', async () => {
    const other = new Database(join(folder.path, 'gateway.db'), { readonly: true });
    const committed = other.prepare('SELECT count(*) FROM messages').pluck();
    const seen: unknown[] = [];

    const stored = await Promise.all(
      Array.from({ length: 401 }, () => send(() => seen.push(committed.get()))),
    );
    other.close();

    const times = (count: number, value: number): number[] => Array<number>(count).fill(value);
    expect(seen).toEqual([...times(200, 200), ...times(200, 400), 401]);
    expect(stored.map(({ seq }) => seq)).toEqual(stored.map((_, i) => i + 1));
  });

  it(
    'lets 20,000 messages wait, says SERVICE_UNAVAILABLE to the next, and stores all that waited',
    async () => {
      const waiting = Array.from({ length: 20_000 }, () => send());

      await expect(send()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });

      expect((await Promise.all(waiting)).at(-1)?.seq).toBe(20_000);
      expect((await send()).seq).toBe(20_001);
    },
    LIMIT_MS,
  );

  it('refuses what waited when its chat was closed, and stores nothing of it', async () => {
    await send();
    const late = send();
    writer.close(chatId);

    await expect(late).rejects.toMatchObject({ code: 'CHAT_NOT_FOUND' });
    writer.reopen(chatId);
    expect((await send()).seq).toBe(2);
  });

  it('refuses what waited when its sender was deleted', async () => {
    const late = send();
    writer.refuse(ann);

    await expect(late).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(states.get(chatId).lastSeq).toBe(0);
  });

  it('gives no seq away by a commit that failed', async () => {
    await send();
    const db = sqliteHandle(source);
    db.exec(`CREATE TRIGGER broken BEFORE INSERT ON messages WHEN NEW.seq = 3
      BEGIN SELECT RAISE(ABORT, 'the disk says no'); END`);
    const failed = await Promise.allSettled([send(), send(), send()]);
    db.exec('DROP TRIGGER broken');

    const { seq } = await send();

    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(seq).toBe(2);
  });

  it('keeps 10,000 chats in mind, and reads the others anew', async () => {
    const first = states.get(chatId);
    const ids = Array.from({ length: 9_999 }, () => randomUUID());
    for (const id of ids) states.get(id);
    expect(states.get(chatId)).toBe(first);

    for (const id of [...ids, randomUUID()]) states.get(id);

    expect(states.get(chatId)).not.toBe(first);
    await send();
  });

  it('answers everybody of a commit, when a callback throws', async () => {
    const answered: number[] = [];
    const all = Array.from(
      { length: 10 },
      (_, i) =>
        new Promise<void>((done) => {
          const answer = (): void => {
            answered.push(i);
            done();
            if (i % 3 === 0) throw new Error('a subscriber failed');
          };
          writer.send({
            chatId,
            memberIds: [ann, bob],
            messageKey,
            senderId: ann,
            replyTo: null,
            messageTtl: null,
            refusal: () => undefined,
            clientMessageId: randomUUID(),
            text: 'x',
            stored: answer,
            failed: answer,
          });
        }),
    );

    await Promise.all(all);

    expect(answered).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});
