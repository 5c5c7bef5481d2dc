import { accessSync, chmodSync, constants, mkdirSync } from 'node:fs';
import { SettingError } from './settings.js';

/**
 * Makes the data folder with mode 0700, and has every file that this process makes readable by its owner only.
 * @param folder an absolute path
 * @throws {SettingError} naming DATA_DIR, when it cannot be made or written
 */
export function prepareDataFolder(folder: string): void {
  process.umask(0o077);
  try {
    if (mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined) chmodSync(folder, 0o700);
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new SettingError(`DATA_DIR cannot be written (${reason}): ${folder}`);
  }
}
