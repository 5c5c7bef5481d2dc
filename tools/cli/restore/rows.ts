import type { Database } from 'better-sqlite3';
import type { ErasedKind } from '../../../libs/platform/src/database/erasure-ledger.js';
import type { Ledger } from '../archive/ledger.js';
import { prepare } from '../database.js';

/** How many rows are read at once: however large a store is, no more of it is in memory. */
const PAGE_ROWS = 1_000;

/**
 * Reads the rows of a table, in the order of a key; those that were given may be changed or deleted meanwhile.
 * @param from columns, table and condition: `id FROM chats WHERE true`
 * @param key columns that are unique together, and among those that are read
 * @param before what comes before every value of the key
 */
export function* rowsOf<Row extends object>(
  db: Database,
  from: string,
  key: readonly (keyof Row & string)[],
  before: readonly unknown[],
): Generator<Row> {
  const columns = key.join(', ');
  const page = prepare<Row>(
    db,
    `SELECT ${from} AND (${columns}) > (${key.map(() => '?').join(', ')}) ORDER BY ${columns} LIMIT ${PAGE_ROWS}`,
  );
  for (let last = before; ;) {
    const rows = page.all(...last);
    yield* rows;
    const end = rows.at(-1);
    if (!end || rows.length < PAGE_ROWS) return;
    last = key.map((name) => end[name]);
  }
}

/** Reads a column of ids of an ordinary table. */
export function* idsIn(db: Database, table: string, column: string): Generator<string> {
  const from = `rowid AS rowid, ${column} AS id FROM ${table} WHERE true`;
  for (const { id } of rowsOf<{ rowid: number; id: string }>(db, from, ['rowid'], [0])) yield id;
}

/**
 * Adds those ids that the ledger names: as many as the ledger has at most.
 * @returns what they were added to
 */
export function addNamed(
  ids: Iterable<string>,
  ledger: Ledger,
  kind: ErasedKind,
  found = new Set<string>(),
): Set<string> {
  if (ledger.count(kind) > 0) for (const id of ids) if (ledger.names(kind, id)) found.add(id);
  return found;
}

/** Whether a database has a table: a backup of an earlier version lacks some. */
export function hasTable(db: Database, name: string): boolean {
  const count = prepare<number>(
    db,
    "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?",
  ).pluck();
  return count.get(name) === 1;
}
