import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { sqliteHandle, sqliteOptions, type SqliteHandle } from '@app/platform';
import { temporaryFolder } from '@app/testing';
import { DataSource } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { migrationsOf, STORES } from './migrations.js';

const ROWS = 5;

type Row = Readonly<Record<string, unknown>>;

/** Returns the tables of a service with their columns. */
function tablesOf(db: SqliteHandle): Map<string, { name: string; type: string }[]> {
  const names = db
    .prepare(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'migrations'",
    )
    .pluck()
    .all() as string[];
  return new Map(
    names.map((name) => [
      name,
      db.prepare(`SELECT name, type FROM pragma_table_info('${name}')`).all() as {
        name: string;
        type: string;
      }[],
    ]),
  );
}

/** Fills every table with rows of random values. */
function fill(db: SqliteHandle): void {
  db.exec('PRAGMA foreign_keys=OFF');
  const values: Readonly<Record<string, (row: number) => unknown>> = {
    INTEGER: (row) => row + 1,
    TEXT: (row) => `${row} ${randomBytes(12).toString('hex')}`,
    BLOB: (row) => Buffer.concat([Buffer.of(row), randomBytes(15)]),
  };
  for (const [table, columns] of tablesOf(db)) {
    const insert = db.prepare(`INSERT INTO "${table}" VALUES (${columns.map(() => '?').join(', ')})`);
    for (let row = 0; row < ROWS; row++) insert.run(columns.map(({ type }) => values[type]?.(row)));
  }
}

/** Returns the rows of some tables, with the given columns. */
const rowsOf = (db: SqliteHandle, tables: ReadonlyMap<string, { name: string }[]>): Map<string, Row[]> =>
  new Map(
    [...tables].map(([table, columns]) => [
      table,
      db
        .prepare(`SELECT ${columns.map(({ name }) => `"${name}"`).join(', ')} FROM "${table}"`)
        .all() as Row[],
    ]),
  );

describe.each(STORES)('the database of %s', (store) => {
  it('upgrades from every earlier migration with all of its rows, to the schema of a fresh one', async () => {
    const folder = temporaryFolder();
    const migrations = await migrationsOf(store);
    const opened = (file: string, count: number): Promise<DataSource> =>
      new DataSource(
        sqliteOptions(join(folder.path, file), { entities: [], migrations: migrations.slice(0, count) }),
      ).initialize();
    const schemaOf = (source: DataSource): Promise<unknown> =>
      source.query(
        "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name",
      );
    const fresh = await opened('fresh.db', migrations.length);
    const expected = await schemaOf(fresh);
    await fresh.destroy();

    for (let version = 1; version <= migrations.length; version++) {
      const before = await opened(`${version}.db`, version);
      const tables = tablesOf(sqliteHandle(before));
      fill(sqliteHandle(before));
      const rows = rowsOf(sqliteHandle(before), tables);
      await before.destroy();

      const after = await opened(`${version}.db`, migrations.length);
      expect(rowsOf(sqliteHandle(after), tables)).toEqual(rows);
      expect([...rows.values()].every(({ length }) => length === ROWS)).toBe(true);
      expect(await schemaOf(after)).toEqual(expected);
      await after.destroy();
    }
    expect(migrations.length).toBeGreaterThan(0);
    folder.remove();
  });
});
