import { closeSync, openSync, readSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { DataSource, DataSourceOptions } from 'typeorm';
import { SettingError } from '../config/settings.js';
import { errorCode } from '../config/system-files.js';

/**
 * The settings of every connection. secure_delete overwrites what is deleted; synchronous=FULL makes a commit
 * survive a power cut in WAL mode; on macOS only fullfsync reaches the disk's platter. auto_vacuum stores what
 * allows a file to shrink step by step; it comes first because it applies to a new file, and to others after their next
 * VACUUM.
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
 * Returns TypeORM's options for a service's own file.
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
 * A connection that prepares each SQL text once and keeps the statement as long as it is open. This is faster, and Node 24
 * needs it: the process aborts there when a statement is garbage-collected outside a JavaScript context
 * (`RemoveEnvironmentCleanupHook`, "Assertion failed: (env) != nullptr"). So values are always bound, never part of the text.
 * All callers with the same text share a statement, so it cannot be changed: each mode of reading has its own.
 */
class KeepingDatabase extends Database {
  private readonly kept = new Map<string, Database.Statement>();

  /** Returns the statement of a text, the same one each time. */
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

  /** Replaces the driver's method, which TypeORM calls and which would not keep the statement. */
  override pragma(source: string): unknown {
    const statement = this.prepare(`PRAGMA ${source}`);
    return statement.reader ? statement.all() : statement.run();
  }
}

/** Returns the value of a pragma, which may have an effect, such as `wal_checkpoint(TRUNCATE)`. */
export function readPragma(handle: SqliteHandle, pragma: string): number {
  const row = handle.prepare(`PRAGMA ${pragma}`).get() as Record<string, number>;
  return Object.values(row)[0] ?? 0;
}

/** Returns how many bytes of a database's file are in use: what a rewrite writes. */
export function usedBytes(handle: SqliteHandle): number {
  return (
    (readPragma(handle, 'page_count') - readPragma(handle, 'freelist_count')) *
    readPragma(handle, 'page_size')
  );
}

/** Returns the synchronous handle of a data source, for prepared statements. */
export function sqliteHandle(dataSource: DataSource): SqliteHandle {
  const driver = dataSource.driver as unknown as { databaseConnection: SqliteHandle };
  return driver.databaseConnection;
}

/**
 * Checks that a file, if it exists, is a database, before anything is written to it.
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
