import { becomeOwner, exitOnSignals, folderArgument, pathOption } from '../archive/paths.js';
import type { Command } from '../command.js';
import { installationHere } from '../installation.js';
import { makeBackup } from './make-backup.js';

/** Copies databases and keys into a folder of backups, also while Secure Chat runs. */
export const backup: Command = {
  usage: `secure-chat backup DIR [--keys DIR]
  copies databases and keys into a new folder below DIR, also while Secure Chat runs
  --keys DIR  another folder for the keys; in a container DIR is the mounted folder`,
  options: { keys: { type: 'string' } },
  positionals: { min: 0, max: 1 },
  async run(given) {
    exitOnSignals();
    const dir = folderArgument(given, this.usage);
    const keys = pathOption(given, 'keys', this.usage);
    becomeOwner();
    console.log(await makeBackup(installationHere(), dir, keys));
  },
};
