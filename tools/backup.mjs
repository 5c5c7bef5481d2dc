// npm run backup -- DIR: copies databases and keys into a folder of backups, also while Secure Chat runs.
import { installationHere, readArguments } from './backup/installation.mjs';
import { makeBackup } from './backup/make-backup.mjs';
import { install } from './prepare.mjs';
import { program } from './project.mjs';

// What is unfinished is removed on the way out.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130));

await program(async () => {
  const usage = 'npm run backup -- DIR [--keys DIR], where DIR is a folder for backups';
  const given = readArguments(['keys'], usage);
  if (given === undefined) return;
  await install();
  console.log(await makeBackup(installationHere(), given.dir, given.keys));
});
