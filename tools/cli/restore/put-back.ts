import { appendFileSync, copyFileSync, existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { makeFolder, sync, writeDurably } from '../../../libs/platform/src/files/durable-files.mjs';
import { PARTS } from '../archive/layout.js';
import type { Ledger } from '../archive/ledger.js';
import type { Installation, Store } from '../installation.js';
import { progress } from '../progress.js';
import type { Backup } from './bundle.js';

/** The folder of what is not finished: while it is there, no service starts (libs/platform/src/config/data-folder.ts). */
export const RESTORING = 'restoring';

/** Copies the databases of a backup to where they are worked on; returns the copies. */
export function copyDatabases({ folders }: Installation, backup: Backup): Record<Store, string> {
  const copies = { auth: '', chat: '', gateway: '' };
  for (const { name, store } of PARTS)
    if (store !== undefined)
      copy(backup.fileOf(name), (copies[store] = join(folders[store], RESTORING, name)));
  return copies;
}

/** Copies a file and has it on disk. */
function copy(from: string, to: string): void {
  const report = progress(`${basename(to)}: copying`, statSync(from).size);
  copyFileSync(from, to);
  report(statSync(to).size);
  sync(to);
}

/** Puts the master key of a backup in its place, unless it is there. */
export function putKey(file: string, from: string): void {
  if (existsSync(file)) return;
  makeFolder(dirname(file));
  writeDurably(file, readFileSync(from, 'utf8'), { replace: false });
}

/** Keeps what is known to be erased for the backups to come. */
export function keepLedger(file: string, ledger: Ledger): void {
  const there = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const known = new Set(there.split('\n'));
  const missing = ledger
    .text()
    .split('\n')
    .filter((line) => line !== '' && !known.has(line));
  makeFolder(dirname(file));
  const start = there === '' || there.endsWith('\n') ? '' : '\n';
  appendFileSync(file, start + missing.map((line) => `${line}\n`).join(''), { mode: 0o600 });
  sync(file);
  sync(dirname(file));
}
