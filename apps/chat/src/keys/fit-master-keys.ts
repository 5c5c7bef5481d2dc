import type { MasterKeys } from '@app/crypto';
import { SettingError, sqliteHandle, type SqliteHandle, type WriteQueue } from '@app/platform';
import type { DataSource } from 'typeorm';
import { createMasterKeyFile, readMasterKeys, syncMasterKeyFile } from './master-key-file.js';

/**
 * Gives the master key, if it fits the store: each version that wraps a key is in the file, and each version that
 * the store has met is the one it met. Without chats a missing file is made.
 * @param file an absolute path
 * @param dataSource the store
 * @param queue its writer
 * @throws {SettingError} naming MASTER_KEY_FILE, when it is missing though there are chats, or does not fit
 */
export async function fitMasterKeys(
  file: string,
  dataSource: DataSource,
  queue: WriteQueue,
): Promise<MasterKeys> {
  const handle = sqliteHandle(dataSource);
  const inUse = versionsInUse(handle);
  let masterKeys = readMasterKeys(file);
  if (!masterKeys) {
    if (inUse.length > 0)
      throw new SettingError(`MASTER_KEY_FILE is missing, and without it no chat opens: ${file}`);
    // Nothing is wrapped: what the store remembers of a lost key binds nobody.
    await queue.transaction((db) => db.prepare('DELETE FROM master_key_checks').run());
    createMasterKeyFile(file);
    masterKeys = readMasterKeys(file);
  }
  if (!masterKeys) throw new SettingError(`MASTER_KEY_FILE vanished while it was read: ${file}`);
  await adoptMasterKeys(file, masterKeys, dataSource, queue);
  return masterKeys;
}

/**
 * Checks that the master keys of a file fit the store, and has the store remember them once the file is on disk.
 * @param file an absolute path, for the refusal's words
 * @throws {SettingError} naming MASTER_KEY_FILE, when they do not fit
 */
export async function adoptMasterKeys(
  file: string,
  masterKeys: MasterKeys,
  dataSource: DataSource,
  queue: WriteQueue,
): Promise<void> {
  const handle = sqliteHandle(dataSource);
  requireFit(file, masterKeys, versionsInUse(handle), knownChecks(handle));
  syncMasterKeyFile(file);
  await rememberChecks(masterKeys, queue);
}

function requireFit(
  file: string,
  masterKeys: MasterKeys,
  inUse: readonly number[],
  known: ReadonlyMap<number, Buffer>,
): void {
  const missing = inUse.filter((version) => !masterKeys.get(version));
  if (missing.length > 0)
    throw new SettingError(
      `MASTER_KEY_FILE does not fit the stored keys: version ${missing.join(', ')} is in use and not in ${file}`,
    );
  const wrong = masterKeys.versions.find(({ version, check }) => known.get(version)?.equals(check) === false);
  if (wrong)
    throw new SettingError(
      `MASTER_KEY_FILE does not fit the stored keys: its version ${wrong.version} is another key than theirs: ${file}`,
    );
}

function versionsInUse(handle: SqliteHandle): number[] {
  return handle
    .prepare<[], { version: number }>('SELECT DISTINCT key_version AS version FROM chat_keys')
    .all()
    .map(({ version }) => version);
}

function knownChecks(handle: SqliteHandle): Map<number, Buffer> {
  const rows = handle
    .prepare<[], { version: number; check_bytes: Buffer }>(
      'SELECT version, check_bytes FROM master_key_checks',
    )
    .all();
  return new Map(rows.map((row) => [row.version, row.check_bytes]));
}

async function rememberChecks(masterKeys: MasterKeys, queue: WriteQueue): Promise<void> {
  await queue.transaction((db) => {
    const insert = db.prepare<[number, Buffer]>(
      'INSERT OR IGNORE INTO master_key_checks (version, check_bytes) VALUES (?, ?)',
    );
    for (const { version, check } of masterKeys.versions) insert.run(version, check);
  });
}
