const STORAGE_CODE =
  /^SQLITE_(FULL|IOERR|BUSY|LOCKED|CORRUPT|NOTADB|CANTOPEN|READONLY|NOMEM|INTERRUPT|PROTOCOL)/;

/** What better-sqlite3 says, without a code, of a connection that was closed while the service ends. */
const CLOSED = 'The database connection is not open';

/** The storage cannot do its work now, for a reason that has no code of SQLite's own; worth repeating. */
export class StorageFailure extends Error {
  override readonly name = 'StorageFailure';
}

/** The error of the database itself, also of one that TypeORM has wrapped. */
function sourceOf(error: Error): unknown {
  return 'driverError' in error ? error.driverError : error;
}

/** The code that SQLite gave for an error, also one that TypeORM has wrapped. */
export function sqliteCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const source = sourceOf(error);
  const code = source instanceof Error && 'code' in source ? source.code : undefined;
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : undefined;
}

/**
 * Whether an error says that the disk or file cannot be used now (full, locked, damaged, closed because the service
 * ends), not that the request was wrong.
 */
export function isStorageFailure(error: unknown): boolean {
  if (error instanceof StorageFailure) return true;
  if (!(error instanceof Error)) return false;
  const source = sourceOf(error);
  if (source instanceof Error && source.message === CLOSED) return true;
  return STORAGE_CODE.test(sqliteCode(error) ?? '');
}

/** Whether an error says that a database file holds something that SQLite cannot read. */
export function isDamaged(error: unknown): boolean {
  return /^SQLITE_(CORRUPT|NOTADB)/.test(sqliteCode(error) ?? '');
}

/** Whether an error says that a unique value is there already. */
export function isUniqueViolation(error: unknown): boolean {
  return /^SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY)$/.test(sqliteCode(error) ?? '');
}
