// Whether files with secrets are kept from the other users of the machine. Plain JavaScript without packages, as
// durable-files.mjs.
import { chmodSync, readdirSync, statSync } from 'node:fs';

/** What a folder holds once Secure Chat has run with it. */
const SECRETS = /^(?:auth|chat|gateway)\.db|\.key$/;

/**
 * Why a file with a secret is open to other users. As with ssh, only its owner is refused: what another user owns, such
 * as a secret that a container engine mounts, is that user's to protect.
 * @param {string} path
 * @param {string} name the setting, or what the file is, for the line that people read
 * @returns {string | undefined} one line that says what to do; nothing where all is well or there is no such file
 */
export function openFileProblem(path, name) {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found?.isFile() || !isOpen(found, 0)) return undefined;
  return `${name} can be read by other users (mode ${modeOf(found)}): chmod 600 ${path}`;
}

/**
 * Closes a data folder that has not been used yet to other users, and tells why one with data in it is open to them.
 * @param {string} folder must be there
 * @returns {string | undefined} one line that names DATA_DIR and says what to do; nothing where all is well
 */
export function openFolderProblem(folder) {
  const found = statSync(folder);
  // Where another user owns it, as with a volume, that user decides who reads it; all the world may not change it.
  if (!isOpen(found, 0o002)) return undefined;
  if (found.uid === process.getuid?.() && !readdirSync(folder).some((name) => SECRETS.test(name))) {
    chmodSync(folder, 0o700);
    return undefined;
  }
  return `DATA_DIR is open to other users (mode ${modeOf(found)}): chmod 700 ${folder}`;
}

/**
 * @param {import('node:fs').Stats} found
 * @param {number} forbiddenToAll bits that are refused whoever the owner is
 */
function isOpen({ uid, mode }, forbiddenToAll) {
  if (process.platform === 'win32') return false;
  return (mode & (uid === process.getuid?.() ? 0o077 : forbiddenToAll)) !== 0;
}

/** @param {import('node:fs').Stats} found */
const modeOf = ({ mode }) => (mode & 0o7777).toString(8).padStart(4, '0');
