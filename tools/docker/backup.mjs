// docker compose run --rm backup: the same as npm run backup, from the volumes into the host's folder of backups.
import { makeBackup } from '../backup/make-backup.mjs';
import { commandLine, program } from '../project.mjs';
import { BACKUPS, becomeOwner, INSTALLATION } from './installation.mjs';

// What is unfinished is removed on the way out.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

await program(async () => {
  if (commandLine('docker compose run --rm backup') === undefined) return;
  becomeOwner();
  console.log(await makeBackup(INSTALLATION, BACKUPS));
});
