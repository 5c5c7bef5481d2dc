import { afterEach, beforeEach, expect, it } from 'vitest';
import { aStore, type StoreUnderTest } from './store-under-test.js';
import { CHAT_MIGRATIONS } from '../src/store/migrations/migrations.js';

let store: StoreUnderTest;

beforeEach(async () => {
  store = await aStore();
});
afterEach(() => store.close());

it('has strict tables with rowids only, so that scrubbing leaves nothing', () => {
  const tables = store.handle
    .prepare<[], { name: string; strict: 0 | 1; wr: 0 | 1 }>(
      "SELECT name, strict, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table'",
    )
    .all()
    .filter(({ name }) => name !== 'migrations' && !name.startsWith('sqlite_'));

  expect(tables.length).toBeGreaterThan(7);
  for (const table of tables) expect(table).toMatchObject({ strict: 1, wr: 0 });
});

it('keeps wrapped keys and sealed names out of every index', () => {
  const indexed = store.handle
    .prepare<[], { name: string }>(
      `SELECT i.name AS name FROM sqlite_schema s, pragma_index_list(s.name) l, pragma_index_info(l.name) i
        WHERE s.type = 'table'`,
    )
    .all()
    .map(({ name }) => name);

  expect(indexed).toContain('lookup');
  expect(indexed).not.toContain('wrapped_key');
  expect(indexed).not.toContain('name_sealed');
});

it('leaves an empty database, when it is reverted', async () => {
  for (const _ of CHAT_MIGRATIONS) await store.source.undoLastMigration();

  const left = store.handle
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .pluck()
    .all();
  expect(left).toEqual(['migrations']);
});
