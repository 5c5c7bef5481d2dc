import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { createMasterKeyLine, MasterKeyFormatError, parseMasterKeys, type MasterKeys } from '@app/crypto';
import { discardDrafts, errorCode, openFileProblem, SettingError, sync, writeDurably } from '@app/platform';

/**
 * Reads the master key file.
 * @param file an absolute path
 * @returns the live versions, or undefined when there is no such file
 * @throws {SettingError} naming MASTER_KEY_FILE, when it cannot be read, is open to other users or holds something else
 */
export function readMasterKeys(file: string): MasterKeys | undefined {
  let text: string;
  try {
    const problem = openFileProblem(file, 'MASTER_KEY_FILE');
    if (problem !== undefined) throw new SettingError(problem);
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof SettingError) throw error;
    if (errorCode(error) === 'ENOENT') return undefined;
    throw new SettingError(`MASTER_KEY_FILE cannot be read (${errorCode(error)}): ${file}`);
  }
  try {
    return parseMasterKeys(text);
  } catch (error) {
    if (!(error instanceof MasterKeyFormatError)) throw error;
    throw new SettingError(`MASTER_KEY_FILE cannot be used: ${error.message} (${file})`);
  }
}

/**
 * Creates a master key file with a new version 1, readable by its owner only. The file appears whole and on disk or not
 * at all, and never replaces an existing one. Drafts of earlier starts are discarded: no key is wrapped by them.
 * @param file an absolute path
 * @throws {SettingError} naming MASTER_KEY_FILE, when it cannot be written
 */
export function createMasterKeyFile(file: string): void {
  try {
    discardDrafts(file);
    writeDurably(file, `${createMasterKeyLine(1)}\n`, { replace: false });
  } catch (error) {
    if (errorCode(error) !== 'EEXIST')
      throw new SettingError(`MASTER_KEY_FILE cannot be made (${errorCode(error)}): ${file}`);
  }
}

/** Errors of file systems that have no disk or cannot be written: there is nothing to wait for. */
const NOTHING_TO_SYNC = ['EINVAL', 'EROFS', 'ENOTSUP', 'EACCES', 'EPERM'];

/**
 * Waits until the master key file is on disk under its name: a key that it wraps must not be on disk before it is.
 * @param file an absolute path
 * @throws {Error} the system's, when the file cannot be synced
 */
export function syncMasterKeyFile(file: string): void {
  for (const path of [file, dirname(file)])
    try {
      sync(path);
    } catch (error) {
      if (!NOTHING_TO_SYNC.includes(errorCode(error))) throw error;
    }
}
