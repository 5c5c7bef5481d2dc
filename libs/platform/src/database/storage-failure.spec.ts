import { join } from 'node:path';
import { temporaryFolder } from '@app/testing';
import { pino } from 'pino';
import { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toApiError } from '../errors/api-error.js';
import { Scrubber } from './scrubber.js';
import { sqliteOptions } from './sqlite.js';
import { WriteQueue } from './write-queue.js';

describe(
  'a storage that cannot do its work now is SERVICE_UNAVAILABLE, never INTERNAL',
  { timeout: 60_000 },
  () => {
    const logger = pino({ level: 'silent' });
    let folder: ReturnType<typeof temporaryFolder>;
    let source: DataSource;
    let queue: WriteQueue;

    beforeEach(async () => {
      folder = temporaryFolder();
      const file = join(folder.path, 'store.db');
      source = await new DataSource(sqliteOptions(file, { entities: [], migrations: [] })).initialize();
      await source.query('CREATE TABLE blobs (bytes BLOB NOT NULL) STRICT');
      queue = new WriteQueue(source);
    });
    afterEach(async () => {
      if (source.isInitialized) await source.destroy();
      folder.remove();
    });

    const code = async (work: Promise<unknown>): Promise<string> => {
      try {
        await work;
      } catch (error) {
        return toApiError(error, logger).code;
      }
      throw new Error('it worked');
    };
    const fill = (): Promise<unknown> =>
      queue.transaction((db) => db.prepare('INSERT INTO blobs VALUES (zeroblob(5000000))').run());

    it.each<[string, () => Promise<unknown>]>([
      ['a read', () => source.query('SELECT * FROM blobs')],
      ['a transaction', () => queue.transaction((db) => db.prepare('DELETE FROM blobs').run())],
      [
        'a transaction of TypeORM',
        () => queue.asyncTransaction((manager) => manager.query('DELETE FROM blobs')),
      ],
      ['a scrub', () => new Scrubber(queue, join(folder.path, 'store.db'), logger).scrub()],
      ['a truncation', () => new Scrubber(queue, join(folder.path, 'store.db'), logger).truncateWal()],
    ])('%s, when the database was closed because the service ends', async (_what, work) => {
      await source.destroy();

      expect(await code(work())).toBe('SERVICE_UNAVAILABLE');
    });

    it('a transaction, when the database is closed during it', async () => {
      const saving = queue.asyncTransaction(async (manager) => {
        await manager.query('DELETE FROM blobs');
        await source.destroy();
        await manager.query('DELETE FROM blobs');
      });

      expect(await code(saving)).toBe('SERVICE_UNAVAILABLE');
    });

    it('a write, when the file may not grow', async () => {
      await queue.exclusive(async (db) => db.exec('PRAGMA max_page_count = 3'));

      expect(await code(fill())).toBe('SERVICE_UNAVAILABLE');
    });

    it('a rewrite in a worker, when the worker cannot open the file', async () => {
      await fill();

      expect(await code(new Scrubber(queue, folder.path, logger).scrub())).toBe('SERVICE_UNAVAILABLE');
    });

    it('but another error stays INTERNAL', async () => {
      expect(await code(source.query('SELECT nothing FROM nowhere'))).toBe('INTERNAL');
    });
  },
);
