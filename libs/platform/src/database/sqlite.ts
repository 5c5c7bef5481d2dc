import { closeSync, openSync, readSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { DataSource, DataSourceOptions } from 'typeorm';
import { SettingError } from '../config/settings.js';
import { errorCode } from '../config/system-files.js';

/**
 * The settings of every connection. secure_delete overwrites what is deleted; synchronous=FULL makes a commit
 * survive a power cut in WAL mode; on macOS only fullfsync reaches the disk's platter. auto_vacuum keeps what lets a
 * file shrink step by step; it comes first because it holds for a new file, and for another from its next VACUUM on.
 */
export const PRAGMAS = [
  'auto_vacuum=INCREMENTAL',
  'journal_mode=WAL',
  'synchronous=FULL',
  'fullfsync=ON',
  'checkpoint_fullfsync=ON',
  'busy_timeout=5000',
  'secure_delete=ON',
  'foreign_keys=ON',
  'temp_store=MEMORY',
] as const;

/** A prepared, synchronous handle on a service's database. */
export type SqliteHandle = Database.Database;

/**
 * TypeORM's options for a service's own file.
 * @param file an absolute path in the data folder
 * @param parts the service's entities and its migrations, run at start
 */
export function sqliteOptions(
  file: string,
  parts: Required<Pick<DataSourceOptions, 'entities' | 'migrations'>>,
): DataSourceOptions & { retryAttempts: number } {
  return {
    type: 'better-sqlite3',
    driver: KeepingDatabase,
    database: file,
    entities: parts.entities,
    migrations: parts.migrations,
    migrationsRun: true,
    migrationsTransactionMode: 'each',
    synchronize: false,
    retryAttempts: 0,
    prepareDatabase: (database: unknown) => {
      for (const pragma of PRAGMAS) (database as SqliteHandle).exec(`PRAGMA ${pragma}`);
    },
  };
}

/**
 * A connection that prepares each SQL text once and keeps the statement for as long as it lives. It is quicker, and on
 * Node 24 it is needed: there the process aborts when a statement is garbage-collected outside a JavaScript context
 * (`RemoveEnvironmentCleanupHook`, "Assertion failed: (env) != nullptr"). So values are bound, never written into the
 * text: each text stays. Whoever prepares a text gets the same statement, so nothing of it can be changed: each mode of
 * reading has a statement of its own.
 */
class KeepingDatabase extends Database {
  private readonly kept = new Map<string, Database.Statement>();

  /** Gives the statement of a text, the same one each time. */
  override prepare: Database.Database['prepare'] = ((sql: string) =>
    this.inMode(sql, 'rows')) as Database.Database['prepare'];

  private inMode(sql: string, mode: 'rows' | 'pluck' | 'raw'): Database.Statement {
    const key = `${mode} ${sql}`;
    const known = this.kept.get(key);
    if (known) return known;
    const statement: Database.Statement = super.prepare(sql);
    if (mode !== 'rows') statement[mode]();
    const unchangeable = (): never => {
      throw new Error('a kept statement is shared: bind values as arguments of run, get or all');
    };
    Object.assign(statement, {
      pluck: (on = true) => this.inMode(sql, on ? 'pluck' : 'rows'),
      raw: (on = true) => this.inMode(sql, on ? 'raw' : 'rows'),
      bind: unchangeable,
      expand: unchangeable,
      safeIntegers: unchangeable,
    });
    this.kept.set(key, statement);
    return statement;
  }

  /** The driver's own would prepare a statement and let it go; TypeORM calls it. */
  override pragma(source: string): unknown {
    const statement = this.prepare(`PRAGMA ${source}`);
    return statement.reader ? statement.all() : statement.run();
  }
}

/** Reads the value of a pragma; `wal_checkpoint(TRUNCATE)` does its work. */
export function readPragma(handle: SqliteHandle, pragma: string): number {
  const row = handle.prepare(`PRAGMA ${pragma}`).get() as Record<string, number>;
  return Object.values(row)[0] ?? 0;
}

/** How much of a database's file is in use, in bytes: what a rewrite has to write. */
export function usedBytes(handle: SqliteHandle): number {
  return (
    (readPragma(handle, 'page_count') - readPragma(handle, 'freelist_count')) *
    readPragma(handle, 'page_size')
  );
}

/** The synchronous handle under a data source, for prepared statements. */
export function sqliteHandle(dataSource: DataSource): SqliteHandle {
  const driver = dataSource.driver as unknown as { databaseConnection: SqliteHandle };
  return driver.databaseConnection;
}

/**
 * Refuses a file that is there but is no database, before anything is written to it.
 * @throws {SettingError} with one line that names the file
 */
export function requireDatabaseFile(file: string): void {
  const header = Buffer.alloc(16);
  let length: number;
  try {
    const descriptor = openSync(file, 'r');
    length = readSync(descriptor, header, 0, 16, 0);
    closeSync(descriptor);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw new SettingError(`DATA_DIR holds a database that cannot be read: ${file}`);
  }
  if (length !== 0 && header.toString('latin1') !== 'SQLite format 3\0')
    throw new SettingError(`DATA_DIR holds a damaged database, restore it from a backup: ${file}`);
}
