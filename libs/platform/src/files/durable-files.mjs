// Writes files so that no power cut, full disk or kill loses them. Plain JavaScript without packages: the services and the
// programs in tools/ share it, and npm start uses it before packages are installed.
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fchownSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Waits until a file, or the names in a folder, are on disk.
 * @param {string} path
 */
export function sync(path) {
  // Windows cannot sync a folder, and does not need to.
  if (process.platform === 'win32' && statSync(path).isDirectory()) return;
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Creates a folder with mode 0700, and those above it, each on disk under its name. Node's `recursive` never returns where
 * the parent exists but no folder can be created in it, as under /proc.
 * @param {string} folder an absolute path
 */
export function makeFolder(folder) {
  if (isFolder(folder)) return;
  const parent = dirname(folder);
  makeFolder(parent);
  try {
    mkdirSync(folder, 0o700);
  } catch (error) {
    // Another process of the same start may have created it.
    if (!isFolder(folder)) throw error;
  }
  sync(parent);
}

/** @param {string} path */
const isFolder = (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/**
 * Writes a file so that after a power cut, on a full disk or when the process is killed either the old file or the new one
 * exists, complete: a draft is written, synced and renamed, and the folder is synced. Then the file is read back. Its mode
 * is 0600; it keeps the owner of the file that it replaces.
 * @param {string} path
 * @param {string} text
 * @param {{ replace?: boolean }} [options] with `replace: false` a file that is there stays (EEXIST is thrown)
 * @throws {Error} the system's, when it cannot be written: the old file is as it was, unless only the last sync failed
 */
export function writeDurably(path, text, { replace = true } = {}) {
  const draft = `${path}.${randomBytes(4).toString('hex')}.new`;
  const descriptor = openSync(draft, 'wx', 0o600);
  try {
    try {
      writeFileSync(descriptor, text);
      keepOwner(path, descriptor);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    if (replace) renameSync(draft, path);
    else linkSync(draft, path);
  } finally {
    // After the rename there is no draft.
    rmSync(draft, { force: true });
  }
  sync(dirname(path));
  if (readFileSync(path, 'utf8') !== text) throw new Error(`${path} does not hold what was written to it`);
}

/**
 * What root writes in the place of another user's file stays that user's.
 * @param {string} path
 * @param {number} descriptor of what takes its place
 */
function keepOwner(path, descriptor) {
  const old = statSync(path, { throwIfNoEntry: false });
  if (old && process.getuid?.() === 0 && (old.uid !== 0 || old.gid !== 0))
    fchownSync(descriptor, old.uid, old.gid);
}

/**
 * The drafts of a file that killed processes have left, also those of earlier versions.
 * @param {string} path
 * @returns {string[]} paths
 */
export function draftsOf(path) {
  const folder = dirname(path);
  if (!existsSync(folder)) return [];
  const prefix = `${basename(path)}.`;
  return readdirSync(folder)
    .filter(
      (name) =>
        name.startsWith(prefix) && /^(?:[0-9a-f]+\.)?(?:new|unfinished)$/.test(name.slice(prefix.length)),
    )
    .map((name) => join(folder, name));
}

/**
 * Discards the drafts of a file that can be made anew.
 * @param {string} path
 */
export function discardDrafts(path) {
  for (const draft of draftsOf(path)) rmSync(draft, { force: true });
}
