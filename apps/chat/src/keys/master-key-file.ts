import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { createMasterKeyLine, MasterKeyFormatError, parseMasterKeys, type MasterKeys } from '@app/crypto';
import { errorCode, SettingError, syncFolder } from '@app/platform';

/**
 * Reads the master key file.
 * @param file an absolute path
 * @returns the live versions, or undefined when there is no such file
 * @throws {SettingError} naming MASTER_KEY_FILE, when it cannot be read or holds something else
 */
export function readMasterKeys(file: string): MasterKeys | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
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
 * Makes a master key file with a fresh version 1, readable by its owner only. It appears under its name whole and
 * on disk, or not at all, and never replaces one that is there.
 * @param file an absolute path
 * @throws {SettingError} naming MASTER_KEY_FILE, when it cannot be written
 */
export function createMasterKeyFile(file: string): void {
  const draft = `${file}.${process.pid}.new`;
  try {
    rmSync(draft, { force: true });
    const descriptor = openSync(draft, 'wx', 0o600);
    try {
      writeSync(descriptor, `${createMasterKeyLine(1)}\n`);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    linkSync(draft, file);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST')
      throw new SettingError(`MASTER_KEY_FILE cannot be made (${errorCode(error)}): ${file}`);
  } finally {
    rmSync(draft, { force: true });
  }
  syncFolder(dirname(file));
}
