import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder, writeDurably } from '../../../libs/platform/src/files/durable-files.mjs';
import { PARTS } from '../archive/layout.js';
import { Ledger } from '../archive/ledger.js';
import { databaseOf, LEDGER, type Installation } from '../installation.js';
import { say } from '../progress.js';
import { snapshot } from './snapshot.js';

const textOf = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');

/**
 * Copies the databases and the master key. A rotation may change the key file meanwhile: every version that the copy
 * may need is in one of two readings that are the same.
 * @returns the migrations of each database, by its name
 */
export async function copyParts(
  installation: Installation,
  folderOf: (bundle: string) => string,
): Promise<ReadonlyMap<string, string[]>> {
  const migrations = new Map<string, string[]>();
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
 * @param dir the folder of backups
 * @param into the newest one
 * @returns up to when it is complete
 */
export function writeLedger({ ledgers }: Installation, dir: string, into: string): string {
  const knownUntil = new Date().toISOString();
  const ledger = new Ledger();
  for (const file of [...ledgers, join(dir, LEDGER)]) ledger.add(file);
  for (const remark of ledger.remarks) say(remark);
  for (const folder of [dir, into]) writeDurably(join(folder, LEDGER), ledger.text(knownUntil));
  return knownUntil;
}
