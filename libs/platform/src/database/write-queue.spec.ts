import { temporaryFolder } from '@app/testing';
import Database from 'better-sqlite3';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sqliteOptions } from './sqlite.js';
import { WriteQueue } from './write-queue.js';

describe('WriteQueue', () => {
  const folder = temporaryFolder();
  let source: DataSource;
  let queue: WriteQueue;

  beforeEach(async () => {
    source = await new DataSource(
      sqliteOptions(join(folder.path, 'queue.db'), { entities: [], migrations: [] }),
    ).initialize();
    await source.query('CREATE TABLE notes (text TEXT NOT NULL) STRICT');
    queue = new WriteQueue(source);
  });
  afterEach(async () => {
    await source.destroy();
    folder.remove();
  });

  const texts = async (): Promise<string[]> =>
    (await source.query<{ text: string }[]>('SELECT text FROM notes ORDER BY rowid')).map(({ text }) => text);

  it('isolates two transactions at once: what the first rolls back is not there', async () => {
    const first = queue.asyncTransaction(async (manager) => {
      await manager.query("INSERT INTO notes VALUES ('rolled back')");
      await new Promise((done) => setImmediate(done));
      throw new Error('no');
    });
    const second = queue.asyncTransaction((manager) => manager.query("INSERT INTO notes VALUES ('kept')"));
    const third = queue.transaction((db) => db.prepare("INSERT INTO notes VALUES ('kept too')").run());

    await expect(first).rejects.toThrow('no');
    await Promise.all([second, third]);
    expect(await texts()).toEqual(['kept', 'kept too']);
  });

  it('reads only what is committed, while an asynchronous transaction is open', async () => {
    const count = (): Promise<number> =>
      queue.read((db) => db.prepare('SELECT count(*) FROM notes').pluck().get() as number);
    const insert = async (fails: boolean): Promise<void> => {
      await queue.asyncTransaction(async (manager) => {
        await manager.query("INSERT INTO notes VALUES ('not yet')");
        await new Promise((done) => setImmediate(done));
        if (fails) throw new Error('no');
      });
    };

    const failing = insert(true);
    expect(await count()).toBe(0);
    await expect(failing).rejects.toThrow('no');
    const succeeding = insert(false);
    expect(await count()).toBe(1);
    await succeeding;
    expect(await count()).toBe(1);
  });

  it('runs an asynchronous batch after the writes that wait, and alone', async () => {
    const order: string[] = [];
    const batch = (name: string): Promise<void> =>
      queue.asyncBatch(async () => {
        order.push(`${name} begins`);
        await new Promise((done) => setImmediate(done));
        order.push(`${name} ends`);
      });
    const held = queue.exclusive(() => new Promise((done) => setImmediate(done)));
    const batches = [batch('a'), batch('b')];
    const write = queue.transaction(() => order.push('write'));

    await Promise.all([held, ...batches, write]);

    expect(order).toEqual(['write', 'a begins', 'a ends', 'b begins', 'b ends']);
  });

  it('writes in the order of the calls and goes on after a failure', async () => {
    const done = Array.from({ length: 20 }, (_, i) =>
      queue
        .transaction((db) => {
          db.prepare('INSERT INTO notes VALUES (?)').run(`${i}`);
          if (i % 5 === 4) throw new Error('rolled back');
        })
        .catch(() => undefined),
    );
    await Promise.all(done);

    expect((await texts()).map(Number)).toEqual([0, 1, 2, 3, 5, 6, 7, 8, 10, 11, 12, 13, 15, 16, 17, 18]);
  });

  it('yields to the event loop after 25 ms, however many writes of any kind wait', async () => {
    const rounds: number[] = [];
    let round = 0;
    let ended = false;
    const count = (): void => {
      round++;
      if (!ended) setImmediate(count);
    };
    setImmediate(count);
    const work = (): void => {
      const until = performance.now() + 10;
      while (performance.now() < until);
      rounds.push(round);
    };

    await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        i % 2 === 0 ? queue.transaction(work) : queue.asyncTransaction(async () => work()),
      ),
    );
    for (let i = 0; i < 12; i++)
      await (i % 2 === 0 ? queue.transaction(work) : queue.asyncTransaction(async () => work()));
    ended = true;

    const perRound = rounds.map((one) => rounds.filter((other) => other === one).length);
    expect(Math.max(...perRound)).toBeLessThanOrEqual(6);
  });

  it('runs a long work between the writes of others: one batch between two yields, however much they write', async () => {
    const order: string[] = [];
    let ended = false;
    const others = (): void => {
      if (ended) return;
      void queue.transaction(() => {
        const until = performance.now() + 30;
        while (performance.now() < until);
        order.push('other');
      });
      setImmediate(others);
    };
    setImmediate(others);
    for (let i = 0; i < 5; i++) await queue.batch(() => order.push('batch'));
    ended = true;
    await queue.drain();

    expect(order.join(' ')).not.toContain('batch batch');
    expect(order).toContain('other');
  });

  it('rejects what exceeds its limit as SERVICE_UNAVAILABLE', async () => {
    const held = queue.exclusive(() => new Promise<void>((done) => setTimeout(done, 50)));
    const many = Array.from({ length: 10_001 }, () => queue.transaction(() => undefined));

    const results = await Promise.allSettled(many);
    await held;
    const refused = results.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(1);
    expect(refused[0]).toMatchObject({ reason: { code: 'SERVICE_UNAVAILABLE' } });
  });

  it('commits later writes, when SQLite has rolled a transaction back by itself as on a full disk', async () => {
    const rolledBack = (): Promise<unknown> =>
      queue.asyncTransaction(async (manager) => {
        await manager.query('ROLLBACK');
        throw new Error('no');
      });
    const failed = (): Promise<unknown> =>
      queue.asyncTransaction(async (manager) => {
        await manager.query("INSERT INTO notes VALUES ('rolled back')");
        throw new Error('no');
      });

    await expect(rolledBack()).rejects.toThrow('no');
    await expect(failed()).rejects.toThrow('no');

    await queue.asyncTransaction((manager) => manager.query("INSERT INTO notes VALUES ('kept')"));
    await queue.transaction((db) => db.prepare("INSERT INTO notes VALUES ('kept too')").run());

    await queue.exclusive(async (handle) => expect(handle.inTransaction).toBe(false));
    // Another connection sees what is committed and nothing else.
    const other = new Database(join(folder.path, 'queue.db'), { readonly: true });
    const committed = other.prepare('SELECT text FROM notes ORDER BY rowid').pluck().all();
    other.close();
    expect(committed).toEqual(['kept', 'kept too']);
  });
});
