import type { Database, Statement } from 'better-sqlite3';

/** On Node 24 a process aborts when a statement is garbage-collected at a wrong moment: all are kept. */
const kept: unknown[] = [];

/** Prepares a statement that lives as long as the process; `Row` is what a row of it looks like. */
export function prepare<Row = unknown>(database: Database, sql: string): Statement<unknown[], Row> {
  const statement = database.prepare<unknown[], Row>(sql);
  kept.push(statement);
  return statement;
}
