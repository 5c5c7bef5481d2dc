// docker compose run --rm restore [NAME]: the same as npm run restore, into volumes that nothing has used; NAME is a
// backup in the host's folder of them, the newest unless told.
import { join } from 'node:path';
import { commandLine, program } from '../project.mjs';
import { restoreBackup } from '../restore/restore-backup.mjs';
import { BACKUPS, becomeOwner, INSTALLATION } from './installation.mjs';

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

await program(async () => {
  const usage = 'docker compose run --rm restore [NAME]';
  const given = commandLine(usage, { positionals: { min: 0, max: 1 } });
  if (given === undefined) return;
  becomeOwner();
  console.log(await restoreBackup(INSTALLATION, { dir: join(BACKUPS, given.positionals[0] ?? '') }));
});
