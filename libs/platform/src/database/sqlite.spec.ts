import { DataSource } from 'typeorm';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sqliteHandle, sqliteOptions } from './sqlite.js';

const COUNT = 'SELECT count(*) AS notes FROM notes';
let source: DataSource;

beforeEach(async () => {
  source = await new DataSource(sqliteOptions(':memory:', { entities: [], migrations: [] })).initialize();
  await source.query('CREATE TABLE notes (text TEXT NOT NULL) STRICT');
});
afterEach(() => source.destroy());

it('shares the statement of a text, and has another for each mode of reading', async () => {
  const db = sqliteHandle(source);
  const statement = db.prepare(COUNT);

  expect(db.prepare(COUNT).pluck().get()).toBe(0);
  expect(db.prepare(COUNT).raw().get()).toEqual([0]);
  expect(statement.get()).toEqual({ notes: 0 });
  expect(await source.query(COUNT)).toEqual([{ notes: 0 }]);
  expect(db.prepare(COUNT)).toBe(statement);
  expect(db.prepare(COUNT).pluck()).toBe(db.prepare(COUNT).pluck());
  expect(db.prepare(COUNT).pluck().pluck(false)).toBe(statement);
});

it('rejects what would change a shared statement', () => {
  const insert = sqliteHandle(source).prepare('INSERT INTO notes VALUES (?)');

  expect(() => insert.bind('a')).toThrow(/shared/);
  expect(() => insert.safeIntegers()).toThrow(/shared/);
  insert.run('b');
  expect(sqliteHandle(source).prepare('SELECT text FROM notes').pluck().all()).toEqual(['b']);
});
