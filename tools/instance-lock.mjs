// One Secure Chat per data folder: two at once would both write its databases.
import { execFileSync } from 'node:child_process';
import { accessSync, constants, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../libs/platform/src/files/durable-files.mjs';
import { openFolderProblem } from '../libs/platform/src/files/private-files.mjs';
import { errorCode, Unfit } from './project.mjs';

/** What a process was started as: its number alone may have gone to another. @param {number} pid */
function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    // Not Linux, or no such process.
  }
  try {
    return execFileSync('ps', ['-p', String(pid), '-o', 'args='], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return '';
  }
}

/**
 * Makes the data folder with mode 0700 and takes it for this process.
 * @param {string} folder an absolute path
 * @param {RegExp} program what the command line of a process that holds it looks like
 * @returns {() => void} what gives it back
 * @throws {Unfit} naming DATA_DIR, when it cannot be written, is open to other users or is in use
 */
export function takeDataFolder(folder, program = /start\.mjs/) {
  const file = join(folder, 'running.pid');
  try {
    makeFolder(folder);
    accessSync(folder, constants.W_OK | constants.X_OK);
    const problem = openFolderProblem(folder);
    if (problem !== undefined) throw new Unfit(problem);
    let holder = NaN;
    try {
      holder = Number(readFileSync(file, 'utf8'));
    } catch {
      // Nobody holds it.
    }
    if (holder > 0 && holder !== process.pid && program.test(commandOf(holder)))
      throw new Unfit(
        `DATA_DIR is in use by another Secure Chat (process ${holder}): end that one first, or set DATA_DIR to another folder`,
      );
    writeFileSync(file, String(process.pid), { mode: 0o600 });
  } catch (error) {
    if (error instanceof Unfit) throw error;
    throw new Unfit(`DATA_DIR cannot be written (${errorCode(error)}): ${folder}`);
  }
  return () => rmSync(file, { force: true });
}
