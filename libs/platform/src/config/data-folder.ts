import { accessSync, constants, existsSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../files/durable-files.mjs';
import { openFolderProblem } from '../files/private-files.mjs';
import { SettingError } from './settings.js';
import { errorCode } from './system-files.js';

/**
 * Makes the data folder with mode 0700, and has every file that this process makes readable by its owner only.
 * @param folder an absolute path
 * @throws {SettingError} naming DATA_DIR, when it cannot be made or written, is open to other users, or a restore in it
 * did not finish
 */
export function prepareDataFolder(folder: string): void {
  process.umask(0o077);
  try {
    makeFolder(folder);
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new SettingError(`DATA_DIR cannot be written (${errorCode(error)}): ${folder}`);
  }
  const problem = openFolderProblem(folder);
  if (problem !== undefined) throw new SettingError(problem);
  // tools/cli/restore/restore-backup.ts moves its files from there last of all.
  if (existsSync(join(folder, 'restoring')))
    throw new SettingError(
      `DATA_DIR holds a restore that did not finish: empty it and restore again (${folder})`,
    );
}
