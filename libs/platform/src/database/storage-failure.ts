const STORAGE_CODE = /^SQLITE_(FULL|IOERR|BUSY|LOCKED|CORRUPT|NOTADB|CANTOPEN|READONLY|NOMEM)/;

/** The code that SQLite gave for an error, also one that TypeORM has wrapped. */
export function sqliteCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const source = 'driverError' in error ? error.driverError : error;
  const code = source instanceof Error && 'code' in source ? source.code : undefined;
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : undefined;
}

/** Whether an error says that the disk or file cannot be used now (full, locked, damaged), not that the request was wrong. */
export function isStorageFailure(error: unknown): boolean {
  return STORAGE_CODE.test(sqliteCode(error) ?? '');
}

/** Whether an error says that a unique value is there already. */
export function isUniqueViolation(error: unknown): boolean {
  return /^SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY)$/.test(sqliteCode(error) ?? '');
}
