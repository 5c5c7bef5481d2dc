import { existsSync, readdirSync, rmdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { takeDataFolder } from '../../instance-lock.mjs';
import { becomeOwner, exitOnSignals, folderArgument, pathOption } from '../archive/paths.js';
import type { Command } from '../command.js';
import { installationHere } from '../installation.js';
import { dataFolder, setting } from '../settings.js';
import { restoreBackup } from './restore-backup.js';

/** The command lines that hold a data folder: another start, and another restore. */
const HOLDERS = /start\.mjs|(?:secure-chat(?:\.mjs)?|cli\/main\.js) restore\b/;

/** Puts a backup into an empty DATA_DIR, without what was erased since. */
export const restore: Command = {
  usage: `secure-chat restore DIR [--keys DIR] [--ledger FILE]
  puts a backup into an empty DATA_DIR, without what was erased since;
  DIR is a backup, or a folder of backups: then the newest of them is taken
  --keys DIR     where its keys are, if they are not beside the rest
  --ledger FILE  one more ledger of what was erased`,
  options: { keys: { type: 'string' }, ledger: { type: 'string' } },
  positionals: { min: 0, max: 1 },
  async run(given) {
    exitOnSignals();
    const from = {
      dir: folderArgument(given, this.usage),
      keys: pathOption(given, 'keys', this.usage),
      ledger: pathOption(given, 'ledger', this.usage),
    };
    becomeOwner();
    // In a container the volumes have a data folder each, and no other process runs.
    const release = setting('STORES') === '' ? holdDataFolder() : undefined;
    try {
      console.log(await restoreBackup(installationHere(), from));
    } finally {
      release?.();
    }
  },
};

/** Takes the data folder; returns what releases it, and removes the folders that were made for a restore that failed. */
function holdDataFolder(): () => void {
  const made: string[] = [];
  for (let path = dataFolder(); !existsSync(path); path = dirname(path)) made.push(path);
  const release = takeDataFolder(dataFolder(), HOLDERS);
  return () => {
    release();
    for (const path of made) if (existsSync(path) && readdirSync(path).length === 0) rmdirSync(path);
  };
}
