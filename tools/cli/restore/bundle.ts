import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ROOT, Unfit } from '../../project.mjs';
import { checksum } from '../archive/checked-files.js';
import { FILES, FORMAT, KEY_BUNDLES, MANIFEST, PARTS, type Manifest } from '../archive/layout.js';

/** A backup whose files are all there, as its manifest says. */
export interface Backup {
  readonly folder: string;
  readonly createdAt: string;
  readonly fileOf: (name: string) => string;
}

/**
 * Finds a backup and checks that it is whole and not newer than this version.
 * @param dir a backup, or a folder of backups: then its newest
 * @param keysDir where the bundles of keys are, if they are not beside the others
 * @throws {Unfit} with one line that says what is wrong
 */
export async function openBackup(dir: string, keysDir?: string): Promise<Backup> {
  const folder = find(dir);
  const manifest = readManifest(folder);
  const paths = new Map<string, string>();
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

const hasManifest = (folder: string): boolean => existsSync(join(folder, MANIFEST));

/**
 * Returns the folder of a backup: the one that was given, or the newest in it.
 * @throws {Unfit} when there is none
 */
function find(dir: string): string {
  if (hasManifest(dir)) return dir;
  const found = existsSync(dir) && statSync(dir).isDirectory() ? readdirSync(dir).toSorted() : [];
  const newest = found.findLast((name) => /^\d{4}-.*Z$/.test(name) && hasManifest(join(dir, name)));
  if (newest === undefined) throw new Unfit(`there is no whole backup in ${dir}`);
  return join(dir, newest);
}

/** @throws {Unfit} when it cannot be read, is not whole, or is a newer version's */
function readManifest(folder: string): Manifest {
  const file = join(folder, MANIFEST);
  let manifest: Manifest;
  try {
    manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  } catch {
    throw new Unfit(`the backup is damaged, its manifest cannot be read: ${file}`);
  }
  if (manifest.format > FORMAT)
    throw new Unfit('the backup was made by a newer version of Secure Chat: restore it with that version');
  const names = Array.isArray(manifest.files) ? manifest.files.map(({ name }) => name) : [];
  if (manifest.format !== FORMAT || FILES.some(({ name }) => !names.includes(name)))
    throw new Unfit(`the backup is damaged, its manifest is not whole: ${file}`);
  return manifest;
}

/** Returns the version of the newest migration that this version of Secure Chat has for a store. */
function newestMigration(store: string): string {
  const files = readdirSync(join(ROOT, 'apps', store, 'src'), { encoding: 'utf8', recursive: true });
  return (
    files
      .flatMap((file) => /-(\d{13})\.ts$/.exec(file)?.[1] ?? [])
      .toSorted()
      .at(-1) ?? ''
  );
}
