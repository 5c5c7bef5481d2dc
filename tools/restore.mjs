// npm run restore -- DIR: puts a backup into an empty DATA_DIR, without what was erased since.
import { existsSync, readdirSync, rmdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { takeDataFolder } from './instance-lock.mjs';
import { installationHere, readArguments } from './backup/installation.mjs';
import { install } from './prepare.mjs';
import { program } from './project.mjs';
import { restoreBackup } from './restore/restore-backup.mjs';

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130));

await program(async () => {
  const usage =
    'npm run restore -- DIR [--keys DIR] [--ledger FILE], where DIR is a backup, or a folder of them: then its newest';
  const from = readArguments(['keys', 'ledger'], usage);
  if (from === undefined) return;
  const installation = installationHere();
  /** @type {string[]} */
  const made = [];
  for (let path = installation.dataDir; !existsSync(path); path = dirname(path)) made.push(path);
  const giveBack = takeDataFolder(installation.dataDir, /(start|restore)\.mjs/);
  try {
    await install();
    console.log(await restoreBackup(installation, from));
  } finally {
    giveBack();
    // One that was refused leaves no folder behind.
    for (const path of made) if (existsSync(path) && readdirSync(path).length === 0) rmdirSync(path);
  }
});
