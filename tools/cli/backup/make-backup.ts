import { accessSync, constants, existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  discardDrafts,
  makeFolder,
  sync,
  writeDurably,
} from '../../../libs/platform/src/files/durable-files.mjs';
import { errorCode, Unfit } from '../../project.mjs';
import { asDiskProblem, checksum } from '../archive/checked-files.js';
import { FILES, FORMAT, KEY_BUNDLES, MANIFEST, PARTS, type Manifest } from '../archive/layout.js';
import { databaseOf, LEDGER, type Installation } from '../installation.js';
import { takeLock } from '../lock.js';
import { megabytes } from '../progress.js';
import { copyParts, writeLedger } from './copy-parts.js';

/** The end of a folder's name while it is written, and of what an interrupted backup leaves. */
const UNFINISHED = '.unfinished';

/** One backup at a time into a folder: another one would remove what is unfinished. */
const LOCK = 'backup.lock';

/**
 * Copies an installation, running or not, into a folder of its own below a folder of backups, named by the time.
 * @param dir the folder of backups
 * @param keysDir another one for the bundles of keys
 * @returns what people read of it
 * @throws {Unfit} when there is nothing to back up, or no place for it
 */
export async function makeBackup(installation: Installation, dir: string, keysDir = dir): Promise<string> {
  process.umask(0o077);
  requireParts(installation);
  const createdAt = new Date().toISOString();
  const name = createdAt.replaceAll(':', '-');
  const roots = [...new Set([keysDir, dir])];
  const rootOf = (bundle: string): string => (KEY_BUNDLES.includes(bundle) ? keysDir : dir);
  const unfinished = (root: string): string => join(root, name + UNFINISHED);
  const releases: (() => void)[] = [];
  const clear = (): void => {
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
    const folderOf = (bundle: string): string => join(unfinished(rootOf(bundle)), bundle);
    const migrations = await copyParts(installation, folderOf);
    const knownUntil = writeLedger(installation, dir, unfinished(dir));
    const files = await describeFiles(folderOf, migrations);
    for (const root of roots) sync(unfinished(root));
    const manifest: Manifest = { format: FORMAT, createdAt, files };
    writeDurably(join(unfinished(dir), MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
    // The one with the manifest comes last: without it there is no backup.
    for (const root of roots) {
      renameSync(unfinished(root), join(root, name));
      sync(root);
    }
    for (const { bundle, name: part, bytes } of files)
      if (statSync(join(rootOf(bundle), name, bundle, part)).size !== bytes)
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

/** @throws {Unfit} when a part of the installation is missing */
function requireParts(installation: Installation): void {
  for (const { store } of PARTS)
    if (store !== undefined && !existsSync(databaseOf(installation, store)))
      throw new Unfit(`there is nothing to back up: ${databaseOf(installation, store)} is missing`);
  if (!existsSync(installation.masterKeyFile))
    throw new Unfit(`there is no master key to back up: MASTER_KEY_FILE ${installation.masterKeyFile}`);
}

/** Makes a folder of backups. @throws {Unfit} when it cannot be written */
function makeBackupFolder(folder: string): void {
  try {
    makeFolder(folder);
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new Unfit(`the folder for backups cannot be written (${errorCode(error)}): ${folder}`);
  }
}

/** Removes what interrupted backups have left. */
function discardUnfinished(folder: string): void {
  for (const name of readdirSync(folder))
    if (name.endsWith(UNFINISHED)) rmSync(join(folder, name), { recursive: true });
  discardDrafts(join(folder, LEDGER));
}

/** Returns what the manifest says of each file, and has its folder on disk. */
async function describeFiles(
  folderOf: (bundle: string) => string,
  migrations: ReadonlyMap<string, string[]>,
): Promise<Manifest['files']> {
  const files = [];
  for (const { bundle, name } of FILES) {
    const path = join(folderOf(bundle), name);
    const made = migrations.get(name);
    files.push({
      bundle,
      name,
      bytes: statSync(path).size,
      sha256: await checksum(path, name),
      ...(made && { migrations: made }),
    });
    sync(folderOf(bundle));
  }
  return files;
}
