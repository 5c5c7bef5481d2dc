// Finds a backup and checks that it is whole and not newer than this version.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { checksum } from '../backup/files.mjs';
import { FORMAT, KEY_BUNDLES, LEDGER, MANIFEST, PARTS } from '../backup/installation.mjs';
import { ROOT, Unfit } from '../project.mjs';

/** @typedef {import('../backup/installation.mjs').Manifest} Manifest */

/**
 * A backup whose files are all there, as its manifest says.
 * @typedef {object} Backup
 * @property {string} folder
 * @property {string} createdAt
 * @property {(name: string) => string} fileOf
 */

/** @param {string} folder */
const hasManifest = (folder) => existsSync(join(folder, MANIFEST));

/**
 * The folder of a backup: the one that was given, or the newest in it.
 * @param {string} dir
 * @throws {Unfit} when there is none
 */
function find(dir) {
  if (hasManifest(dir)) return dir;
  const found = existsSync(dir) && statSync(dir).isDirectory() ? readdirSync(dir).toSorted() : [];
  const newest = found.findLast((name) => /^\d{4}-.*Z$/.test(name) && hasManifest(join(dir, name)));
  if (newest === undefined) throw new Unfit(`there is no whole backup in ${dir}`);
  return join(dir, newest);
}

/** @param {string} folder @returns {Manifest} */
function readManifest(folder) {
  const file = join(folder, MANIFEST);
  /** @type {Manifest} */
  let manifest;
  try {
    manifest = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    throw new Unfit(`the backup is damaged, its manifest cannot be read: ${file}`);
  }
  if (manifest.format > FORMAT)
    throw new Unfit('the backup was made by a newer version of Secure Chat: restore it with that version');
  const names = Array.isArray(manifest.files) ? manifest.files.map(({ name }) => name) : [];
  if (manifest.format !== FORMAT || [...PARTS, { name: LEDGER }].some(({ name }) => !names.includes(name)))
    throw new Unfit(`the backup is damaged, its manifest is not whole: ${file}`);
  return manifest;
}

/** The version of the newest migration that this code has for a store. @param {string} store */
function newestMigration(store) {
  const files = readdirSync(join(ROOT, 'apps', store, 'src'), { encoding: 'utf8', recursive: true });
  return (
    files
      .flatMap((file) => /-(\d{13})\.ts$/.exec(file)?.[1] ?? [])
      .toSorted()
      .at(-1) ?? ''
  );
}

/**
 * Finds a backup and checks all of it.
 * @param {string} dir a backup, or a folder of backups: then its newest
 * @param {string} [keysDir] where the bundles of keys are, if they are not beside the others
 * @returns {Promise<Backup>}
 * @throws {Unfit} with one line that says what is wrong
 */
export async function openBackup(dir, keysDir) {
  const folder = find(dir);
  const manifest = readManifest(folder);
  /** @type {Map<string, string>} */
  const paths = new Map();
  for (const { bundle, name, sha256, migrations } of manifest.files) {
    const places = [folder];
    if (keysDir !== undefined && KEY_BUNDLES.includes(bundle))
      places.unshift(join(keysDir, basename(folder)), keysDir);
    const path = places.map((place) => join(place, bundle, name)).find((place) => existsSync(place));
    if (path === undefined)
      throw new Unfit(
        `the backup is not whole: ${join(bundle, name)} is missing${KEY_BUNDLES.includes(bundle) ? ' (--keys DIR says where keys are kept)' : ''}`,
      );
    const store = PARTS.find((part) => part.name === name)?.store;
    const version = /\d{13}$/.exec(migrations?.at(-1) ?? '')?.[0] ?? '';
    if (store !== undefined && version > newestMigration(store))
      throw new Unfit(
        `the backup was made by a newer version of Secure Chat (${name}): restore it with that version`,
      );
    if ((await checksum(path, name)) !== sha256)
      throw new Unfit(`the backup is damaged, its checksum does not fit: ${path}`);
    paths.set(name, path);
  }
  return { folder, createdAt: manifest.createdAt, fileOf: (name) => paths.get(name) ?? '' };
}
