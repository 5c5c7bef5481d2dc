import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SettingError } from './settings.js';
import { errorCode } from './system-files.js';

/**
 * Makes the data folder with mode 0700, and has every file that this process makes readable by its owner only.
 * @param folder an absolute path
 * @throws {SettingError} naming DATA_DIR, when it cannot be made or written, or a restore in it did not finish
 */
export function prepareDataFolder(folder: string): void {
  process.umask(0o077);
  try {
    makeFolder(folder);
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new SettingError(`DATA_DIR cannot be written (${errorCode(error)}): ${folder}`);
  }
  // tools/restore/restore-backup.mjs moves its files from there last of all.
  if (existsSync(join(folder, 'restoring')))
    throw new SettingError(
      `DATA_DIR holds a restore that did not finish: empty it and restore again (${folder})`,
    );
}

/**
 * Makes a folder and those above it. Node's own `recursive` tries for ever where the folder above is there but none can
 * be made in it, as under /proc.
 */
function makeFolder(folder: string): void {
  if (isFolder(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder, 0o700);
  } catch (error) {
    // Another service of the same start may have come first.
    if (!isFolder(folder)) throw error;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
