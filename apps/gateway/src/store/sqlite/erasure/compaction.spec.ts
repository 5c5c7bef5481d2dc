import { randomBytes, randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { uuidToBytes } from '@app/crypto';
import { Scrubber, sqliteHandle, sqliteOptions, Telemetry, WriteQueue } from '@app/platform';
import { PieceScanner, temporaryFolder } from '@app/testing';
import { pino } from 'pino';
import { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GATEWAY_MIGRATIONS } from '../migrations/migrations.js';
import { ChatEraser } from './chat-eraser.js';
import { ChatStates } from '../messages/chat-state.js';
import { Compaction } from './compaction.js';
import { messageId } from '../../message-id.js';
import { MessageRepository } from '../messages/message.repository.js';
import { MessageWriter } from '../messages/message-writer.js';

const MEBIBYTE = 1_048_576;
const LIMIT_MS = 120_000;

/** How many messages of each chat one transaction stores. */
const ROUNDS = 20;

describe('the space of erased messages in a store that is too large to be rewritten', () => {
  const logger = pino({ level: 'silent' });
  let folder: ReturnType<typeof temporaryFolder>;
  let source: DataSource;
  let queue: WriteQueue;
  let rows: MessageRepository;
  let compaction: Compaction;
  let eraser: ChatEraser;

  /** Opens the store, as a start of the gateway does. */
  async function open(): Promise<void> {
    const file = join(folder.path, 'gateway.db');
    const migrations = GATEWAY_MIGRATIONS;
    source = await new DataSource(sqliteOptions(file, { entities: [], migrations })).initialize();
    // These tests look at what is in the files, not at what survives a power cut.
    sqliteHandle(source).exec('PRAGMA synchronous=OFF');
    queue = new WriteQueue(source);
    rows = new MessageRepository(source);
    const states = new ChatStates(rows);
    compaction = new Compaction(queue, new Scrubber(queue, file, logger), logger);
    const writer = new MessageWriter(
      queue,
      rows,
      states,
      logger,
      await Telemetry.start('gateway', { host: '', port: 0 }),
    );
    eraser = new ChatEraser(queue, compaction, writer, states, logger);
  }

  async function close(): Promise<void> {
    await compaction.onModuleDestroy();
    await source.destroy();
  }

  beforeEach(async () => {
    folder = temporaryFolder();
    await open();
  });
  afterEach(async () => {
    await close();
    folder.remove();
  });

  /** A chat whose messages are known. */
  interface Known {
    readonly id: string;
    readonly sealed: Buffer[];
  }

  const sender = uuidToBytes(randomUUID());

  /** Stores random messages of random sizes, of all chats in turn, in a few transactions. */
  async function write(chats: readonly Known[], each: number, largest: number): Promise<void> {
    for (let left = each; left > 0; left -= ROUNDS)
      await queue.transaction(() => {
        for (let i = 0; i < Math.min(left, ROUNDS); i++) for (const chat of chats) writeOne(chat, largest);
      });
  }

  function writeOne({ id, sealed }: Known, largest: number): void {
    const bytes = randomBytes(30 + Math.floor(Math.random() * largest));
    const chat = uuidToBytes(id);
    const ref = rows.head(chat)?.ref ?? rows.insertHead(chat);
    const seq = sealed.push(bytes);
    const ids = { id: messageId(seq, 1), sender_id: sender, client_id: uuidToBytes(randomUUID()) };
    const nothing = {
      reply_to: null,
      edited_at: null,
      expires_at: null,
      reactions: null,
      first_content: null,
    };
    rows.insert(ref, { seq, ...ids, ...nothing, sent_at: 1, first_rev: seq, sealed: bytes });
    rows.updateHead(ref, { last_seq: seq, last_at: 1, last_rev: seq, seals: seq, live: seq });
  }

  const someChats = (count: number): Known[] =>
    Array.from({ length: count }, () => ({ id: randomUUID(), sealed: [] }));

  function expectWhole({ id, sealed }: Known): void {
    const ref = rows.head(uuidToBytes(id))?.ref ?? 0;
    const stored = rows.range(ref, 1, sealed.length + 1);
    expect(stored.map((row) => row.seq)).toEqual(sealed.map((_, i) => i + 1));
    expect(stored.every((row, i) => sealed[i]?.equals(row.sealed ?? Buffer.alloc(0)))).toBe(true);
  }

  const fileMiB = (): number => statSync(join(folder.path, 'gateway.db')).size / MEBIBYTE;
  const count = (sql: string): number => sqliteHandle(source).prepare(sql).pluck().get() as number;

  function traces(chats: readonly Known[]): Set<string> {
    const scanner = new PieceScanner();
    for (const { id, sealed } of chats) for (const bytes of sealed) scanner.add(id, bytes);
    return scanner.found(folder.path);
  }

  it(
    'is given back until the file is near the size of what is left, and what is left is whole',
    async () => {
      const [kept, ...erased] = someChats(8);
      if (!kept) throw new Error('no chat');
      await write([kept, ...erased], 1_000, 4_000);
      await compaction.clear();
      const before = fileMiB();

      for (const { id } of erased) await eraser.erase(id);
      await compaction.settled();

      const live = kept.sealed.reduce((sum, bytes) => sum + bytes.length, 0) / MEBIBYTE;
      expect(before).toBeGreaterThan(15);
      expect(fileMiB()).toBeLessThan(2 * live);
      expectWhole(kept);
      expect(traces(erased)).toEqual(new Set());
      expect(count('SELECT count(*) FROM messages')).toBe(kept.sealed.length);
    },
    LIMIT_MS,
  );

  it(
    'is given back step by step while others write, and an erasure that finds it half done leaves no 16-byte piece',
    async () => {
      const chats = someChats(9);
      await write(chats, 2_800, 300);
      const erased = chats.splice(2, 5);
      await Promise.all(erased.map(({ id }) => eraser.erase(id)));

      while (chats.length > 2) {
        await write(chats, 2 * ROUNDS, 300);
        // It stops where it is: between two turns.
        await close();
        await open();
        const victim = chats.shift();
        if (!victim) throw new Error('no chat');
        await eraser.erase(victim.id);
        erased.push(victim);
        expect(count('SELECT count(*) FROM messages WHERE ref < 0')).toBeGreaterThan(0);
        expect(traces(erased)).toEqual(new Set());
      }
      await compaction.settled();

      for (const chat of chats) expectWhole(chat);
      expect(traces(erased)).toEqual(new Set());
      expect(traces(chats).size).toBe(chats.length);
    },
    LIMIT_MS,
  );

  it(
    'is given back after a restart, when the process ended in the midst of it',
    async () => {
      const [kept, ...erased] = someChats(6);
      if (!kept) throw new Error('no chat');
      await write([kept, ...erased], 900, 4_000);
      for (const { id } of erased) await eraser.erase(id);
      const before = fileMiB();
      await close();

      await open();
      expectWhole(kept);
      compaction.onApplicationBootstrap();
      await compaction.settled();

      expect(fileMiB()).toBeLessThan(before / 3);
      expectWhole(kept);
    },
    LIMIT_MS,
  );

  it(
    'is not taken for a new chat: the number of an erased one is not given again while its rows are there',
    async () => {
      const [kept, newest] = someChats(2);
      if (!kept || !newest) throw new Error('no chat');
      await write([kept, newest], 700, 8_000);
      const ref = rows.head(uuidToBytes(newest.id))?.ref;
      await eraser.erase(newest.id);

      const fresh: Known = { id: randomUUID(), sealed: [] };
      await write([fresh], 3, 100);

      expect(rows.head(uuidToBytes(fresh.id))?.ref).not.toBe(ref);
      expectWhole(fresh);
    },
    LIMIT_MS,
  );

  it(
    'loses no byte of others to a rewrite that was interrupted: it is made up for before the next answer',
    { timeout: LIMIT_MS },
    async () => {
      const chats = someChats(6);
      await write(chats, 60, 900);
      // What a crash leaves between the deletion of rows and the rewrite: live cells were copied by the merges.
      await queue.transaction((db) => {
        db.prepare('DELETE FROM messages WHERE seq % 7 > 0 AND ref > 2').run();
        db.prepare('INSERT INTO leftovers (ref) VALUES (0)').run();
      });
      await write(chats.slice(0, 2), 700, 6_000);
      const [victim] = chats;
      if (!victim) throw new Error('no chat');

      await eraser.erase(victim.id);

      expect(traces([victim])).toEqual(new Set());
      // A rewrite in the background has a note of its own until it ends.
      await compaction.settled();
      expect(count('SELECT count(*) FROM leftovers WHERE ref = 0')).toBe(0);
    },
  );
});
