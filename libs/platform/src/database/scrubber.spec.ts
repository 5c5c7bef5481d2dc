import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { PieceScanner, temporaryFolder } from '@app/testing';
import Database from 'better-sqlite3';
import { pino } from 'pino';
import { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Scrubber } from './scrubber.js';
import { sqliteOptions } from './sqlite.js';
import { WriteQueue } from './write-queue.js';

describe('Scrubber', { timeout: 60_000 }, () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let source: DataSource;
  let queue: WriteQueue;
  let scrubber: Scrubber;
  const logged: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => logged.push(line) });

  beforeEach(async () => {
    folder = temporaryFolder();
    logged.length = 0;
    const file = join(folder.path, 'scrub.db');
    source = await new DataSource(sqliteOptions(file, { entities: [], migrations: [] })).initialize();
    await source.query(
      'CREATE TABLE blobs (id INTEGER PRIMARY KEY, owner INTEGER NOT NULL, bytes BLOB) STRICT',
    );
    queue = new WriteQueue(source);
    scrubber = new Scrubber(queue, file, logger);
  });
  afterEach(async () => {
    await source.destroy();
    folder.remove();
  });

  const insert = (owner: number, size: number): Promise<Buffer> =>
    queue.transaction((db) => {
      const bytes = randomBytes(size);
      db.prepare('INSERT INTO blobs (owner, bytes) VALUES (?, ?)').run(owner, bytes);
      return bytes;
    });

  /** How many of these have a 16-byte piece anywhere in the files. */
  function pieces(secrets: readonly Buffer[]): number {
    const scanner = new PieceScanner();
    for (const [i, secret] of secrets.entries()) scanner.add(String(i), secret);
    return scanner.found(folder.path).size;
  }

  it.each([
    ['on the main thread', 900],
    ['in a worker, for a larger file', 4_000],
  ])(
    'leaves no 16-byte piece of what was deleted among rows written and deleted at random, %s',
    async (_where, size) => {
      const owned = new Map<number, Buffer[]>();
      for (let round = 0; round < 6; round++) {
        for (let owner = 0; owner < 10; owner++)
          for (let i = 0; i < 20; i++) {
            const bytes = await insert(owner, 30 + ((owner * 131 + i * 17 + round) % size));
            owned.set(owner, [...(owned.get(owner) ?? []), bytes]);
          }
        const victim = (round * 3) % 10;
        await queue.transaction((db) => db.prepare('DELETE FROM blobs WHERE owner = ?').run(victim));
        const deleted = owned.get(victim) ?? [];
        owned.delete(victim);

        await scrubber.scrub();

        expect(pieces(deleted)).toBe(0);
      }
      expect(pieces(owned.get(1) ?? [])).toBeGreaterThan(0);
    },
  );

  it('truncateWal leaves nothing of rows that were emptied in place', async () => {
    const secrets: Buffer[] = [];
    for (let i = 0; i < 200; i++) secrets.push(await insert(i % 7, 40 + (i % 300)));
    await queue.transaction((db) => db.prepare('UPDATE blobs SET bytes = NULL WHERE owner = 3').run());

    await scrubber.truncateWal();

    expect(pieces(secrets.filter((_, i) => i % 7 === 3))).toBe(0);
    expect(pieces(secrets.filter((_, i) => i % 7 === 2))).toBeGreaterThan(0);
  });

  it('fails while a reader holds the log, and works once the reader is gone', async () => {
    const secret = await insert(1, 500);
    const reader = new Database(join(folder.path, 'scrub.db'), { readonly: true });
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM blobs').get();
    await queue.transaction((db) => db.prepare('DELETE FROM blobs').run());

    await expect(scrubber.scrub()).rejects.toThrow('a reader holds');
    reader.close();
    await scrubber.scrub();

    expect(pieces([secret])).toBe(0);
  });

  it('shares one run between all who wait', async () => {
    const runs = [scrubber.scrub(), scrubber.scrub()];

    expect(runs[0]).toBe(runs[1]);
    await Promise.all(runs);
    expect(queue.length).toBe(0);
  });

  it('pauses after a long run, so that repeated erasures leave most of the time to others', async () => {
    for (let i = 0; i < 30; i++) await insert(1, 2 * 1024 * 1024);
    const began = performance.now();
    await scrubber.scrub();
    const took = performance.now() - began;

    await scrubber.scrub();

    expect(took).toBeGreaterThan(100);
    expect(performance.now() - began).toBeGreaterThan(took + Math.min(2_000, 2 * took));
  });

  it('goes on writing while a reader in another process holds the write-ahead log, and logs that process', async () => {
    const reader = spawn(
      process.execPath,
      ['--input-type=module', '-e', READER, join(folder.path, 'scrub.db')],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    try {
      await once(reader.stdout, 'data');
      await insert(1, 500);
      const state = { ended: false };
      const failed = scrubber.truncateWal().then(
        () => 'truncated',
        () => 'failed',
      );
      void failed.then(() => (state.ended = true));
      let longestMs = 0;
      while (!state.ended) {
        const began = performance.now();
        await insert(2, 20);
        await new Promise((done) => setImmediate(done));
        longestMs = Math.max(longestMs, performance.now() - began);
      }

      expect(await failed).toBe('failed');
      expect(longestMs).toBeLessThan(1_000);
      const line = logged.find((one) => one.includes('another program reads the database'));
      expect(line).toBeDefined();
      // Only Linux tells who has a file open.
      expect(line).toContain(process.platform === 'linux' ? `${reader.pid} ` : 'openIn');
    } finally {
      reader.stdin.end();
      await once(reader, 'exit');
    }
    await scrubber.truncateWal();
  });
});

/** Reads a database and keeps its transaction open until its standard input ends. */
const READER = `
import Database from 'better-sqlite3';
const db = new Database(process.argv[1], { readonly: true });
db.exec('BEGIN');
db.prepare('SELECT count(*) FROM blobs').get();
console.log('reading');
process.stdin.on('end', () => process.exit()).resume();
`;
