// Copies an installation that may be running into a folder of its own below a folder of backups.
import {
  accessSync,
  constants,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { errorCode, Unfit } from '../project.mjs';
import {
  discardDrafts,
  makeFolder,
  sync,
  writeDurably,
} from '../../libs/platform/src/files/durable-files.mjs';
import { takeLock } from '../exclusive.mjs';
import { asDiskProblem, checksum, megabytes, say } from './files.mjs';
import { databaseOf, FORMAT, KEY_BUNDLES, LEDGER, MANIFEST, PARTS } from './installation.mjs';
import { Ledger } from './ledger.mjs';
import { snapshot } from './snapshot.mjs';

/** What is being written, and what a backup that was interrupted leaves. */
const UNFINISHED = '.unfinished';

/** One backup at a time into a folder: another one would remove what is unfinished. */
const LOCK = 'backup.lock';

/** @param {string} file */
const textOf = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : '');

/** Makes a folder of backups. @param {string} folder @throws {Unfit} when it cannot be written */
function makeBackupFolder(folder) {
  try {
    makeFolder(folder);
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new Unfit(`the folder for backups cannot be written (${errorCode(error)}): ${folder}`);
  }
}

/** Removes what interrupted backups have left. @param {string} folder */
function discardUnfinished(folder) {
  for (const name of readdirSync(folder))
    if (name.endsWith(UNFINISHED)) rmSync(join(folder, name), { recursive: true });
  discardDrafts(join(folder, LEDGER));
}

/**
 * Copies the databases and the master key. A rotation may change the key file meanwhile: every version that the copy
 * may need is in one of two readings that are the same.
 * @param {import('./installation.mjs').Installation} installation
 * @param {(bundle: string) => string} folderOf
 * @returns {Promise<Map<string, string[]>>} the migrations of each database, by its name
 */
async function copyParts(installation, folderOf) {
  /** @type {Map<string, string[]>} */
  const migrations = new Map();
  for (const { bundle, name, store } of PARTS) {
    const folder = folderOf(bundle);
    makeFolder(folder);
    if (store === undefined) {
      writeDurably(join(folder, name), textOf(installation.masterKeyFile));
      continue;
    }
    for (let keyBefore = ''; ;) {
      keyBefore = textOf(installation.masterKeyFile);
      migrations.set(name, await snapshot(databaseOf(installation, store), join(folder, name)));
      if (store !== 'chat' || keyBefore === textOf(installation.masterKeyFile)) break;
      say('the master key is being rotated: its store is copied again');
    }
  }
  return migrations;
}

/**
 * Writes what is known to be erased beside all backups and into the newest one. It is read after the databases were
 * copied: whatever was erased before that is in it, or in none of them.
 * @param {import('./installation.mjs').Installation} installation
 * @param {string} dir
 * @param {string} into
 */
function refreshLedger({ ledgers }, dir, into) {
  const knownUntil = new Date().toISOString();
  const ledger = new Ledger();
  for (const file of [...ledgers, join(dir, LEDGER)]) ledger.add(file);
  for (const remark of ledger.remarks) say(remark);
  for (const folder of [dir, into]) writeDurably(join(folder, LEDGER), ledger.text(knownUntil));
  return knownUntil;
}

/**
 * @param {import('./installation.mjs').Installation} installation running or not
 * @param {string} dir the folder of backups; the new one is a folder in it, named by the time
 * @param {string} [keysDir] another one for the bundles of keys
 * @returns {Promise<string>} what people are told of it
 * @throws {Unfit} when there is nothing to back up, or no place for it
 */
export async function makeBackup(installation, dir, keysDir = dir) {
  process.umask(0o077);
  for (const { store } of PARTS)
    if (store !== undefined && !existsSync(databaseOf(installation, store)))
      throw new Unfit(`there is nothing to back up: ${databaseOf(installation, store)} is missing`);
  if (!existsSync(installation.masterKeyFile))
    throw new Unfit(`there is no master key to back up: MASTER_KEY_FILE ${installation.masterKeyFile}`);
  const createdAt = new Date().toISOString();
  const name = createdAt.replaceAll(':', '-');
  const roots = [...new Set([keysDir, dir])];
  /** @type {(() => void)[]} */
  const releases = [];
  const unfinished = (/** @type {string} */ root) => join(root, name + UNFINISHED);
  const clear = () => {
    for (const root of roots) rmSync(unfinished(root), { recursive: true, force: true });
    for (const release of releases.splice(0)) release();
  };
  process.once('exit', clear);
  try {
    for (const root of roots) {
      makeBackupFolder(root);
      // What is unfinished and has no process any more is nobody's.
      releases.push(takeLock(join(root, LOCK), 'backup into this folder'));
      discardUnfinished(root);
    }
    const folderOf = (/** @type {string} */ bundle) =>
      join(unfinished(KEY_BUNDLES.includes(bundle) ? keysDir : dir), bundle);
    const migrations = await copyParts(installation, folderOf);
    const knownUntil = refreshLedger(installation, dir, unfinished(dir));
    const files = [];
    for (const part of [...PARTS, { bundle: '', name: LEDGER }]) {
      const path = join(folderOf(part.bundle), part.name);
      const found = migrations.get(part.name);
      files.push({
        bundle: part.bundle,
        name: part.name,
        bytes: statSync(path).size,
        sha256: await checksum(path, part.name),
        ...(found && { migrations: found }),
      });
      sync(folderOf(part.bundle));
    }
    for (const root of roots) sync(unfinished(root));
    const manifest = { format: FORMAT, createdAt, files };
    writeDurably(join(unfinished(dir), MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
    // The one with the manifest comes last: without it there is no backup.
    for (const root of roots) {
      renameSync(unfinished(root), join(root, name));
      sync(root);
    }
    for (const { bundle, name: part, bytes } of files)
      if (statSync(join(KEY_BUNDLES.includes(bundle) ? keysDir : dir, name, bundle, part)).size !== bytes)
        throw new Error(`${part} is not what was written`);
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    return [
      `Backed up to ${join(dir, name)}: ${megabytes(bytes)}, deletions known up to ${knownUntil}.`,
      `Keep ${join(keysDir, name, 'master-key')} apart from the rest: with it, the rest can be read.`,
    ].join('\n');
  } catch (error) {
    throw asDiskProblem(error, 'nothing is backed up');
  } finally {
    process.off('exit', clear);
    clear();
  }
}
