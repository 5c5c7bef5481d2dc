const STORAGE_CODE =
  /^SQLITE_(FULL|IOERR|BUSY|LOCKED|CORRUPT|NOTADB|CANTOPEN|READONLY|NOMEM|INTERRUPT|PROTOCOL)/;

/** The message of better-sqlite3, which has no code, for a connection that was closed because the service stops. */
const CLOSED = 'The database connection is not open';

/** The storage cannot do its work now, for a reason without an SQLite code; callers may retry. */
export class StorageFailure extends Error {
  override readonly name = 'StorageFailure';
}

/** Returns the database's own error, also where TypeORM has wrapped it. */
function sourceOf(error: Error): unknown {
  return 'driverError' in error ? error.driverError : error;
}

/** Returns the SQLite code of an error, also where TypeORM has wrapped it. */
export function sqliteCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const source = sourceOf(error);
  const code = source instanceof Error && 'code' in source ? source.code : undefined;
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : undefined;
}

/**
 * Whether an error means that the disk or file cannot be used now (full, locked, damaged, closed because the service stops),
 * not that the request was wrong.
 */
export function isStorageFailure(error: unknown): boolean {
  if (error instanceof StorageFailure) return true;
  if (!(error instanceof Error)) return false;
  const source = sourceOf(error);
  if (source instanceof Error && source.message === CLOSED) return true;
  return STORAGE_CODE.test(sqliteCode(error) ?? '');
}

/** Whether an error means that SQLite cannot read the content of a database file. */
export function isDamaged(error: unknown): boolean {
  return /^SQLITE_(CORRUPT|NOTADB)/.test(sqliteCode(error) ?? '');
}
