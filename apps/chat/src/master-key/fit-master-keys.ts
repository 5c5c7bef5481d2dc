import type { MasterKeys } from '@app/crypto';
import { SettingError } from '@app/platform';
import type { ChatStore } from '../store/chat-store.js';
import { createMasterKeyFile, readMasterKeys, syncMasterKeyFile } from './master-key-file.js';

/**
 * Returns the master keys of the file, if they fit the store: each version that wraps a key is in the file, and each
 * version that the store has been used with is the same key. Without chats a missing file is created.
 * @param file an absolute path
 * @throws {SettingError} naming MASTER_KEY_FILE, when it is missing though there are chats, or does not fit
 */
export async function fitMasterKeys(file: string, store: ChatStore): Promise<MasterKeys> {
  const inUse = await store.masterKeys.versionsInUse();
  let masterKeys = readMasterKeys(file);
  if (!masterKeys) {
    if (inUse.length > 0)
      throw new SettingError(`MASTER_KEY_FILE is missing, and without it no chat opens: ${file}`);
    // Nothing is wrapped: a lost key may be replaced by any other.
    await store.transaction((transaction) => transaction.masterKeys.deleteChecks());
    createMasterKeyFile(file);
    masterKeys = readMasterKeys(file);
  }
  if (!masterKeys) throw new SettingError(`MASTER_KEY_FILE vanished while it was read: ${file}`);
  await adoptMasterKeys(file, masterKeys, store);
  return masterKeys;
}

/**
 * Checks that the master keys of a file fit the store, and has the store remember them once the file is on disk.
 * @param file an absolute path, for the error's message
 * @throws {SettingError} naming MASTER_KEY_FILE, when they do not fit
 */
export async function adoptMasterKeys(file: string, masterKeys: MasterKeys, store: ChatStore): Promise<void> {
  requireFit(file, masterKeys, await store.masterKeys.versionsInUse(), await store.masterKeys.checks());
  syncMasterKeyFile(file);
  await store.transaction(async (transaction) => {
    for (const { version, check } of masterKeys.versions)
      await transaction.masterKeys.addCheck(version, check);
  });
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
