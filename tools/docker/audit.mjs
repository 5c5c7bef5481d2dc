// docker compose run --rm audit: the same as npm run audit, on the volumes of the services and by way of their network.
// The bus and the output of the containers are out of its reach: these checks are reported as not possible.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { audit } from '../audit/audit.mjs';
import { STORES } from '../audit/data-folder.mjs';
import { program, ROOT } from '../project.mjs';
import { INSTALLATION } from './installation.mjs';

await program(async () => {
  const { auth, chat, gateway } = STORES;
  const report = await audit({
    url: 'http://gateway:5000',
    port: 5000,
    dataDir: '/stores',
    stores: { auth: `auth/${auth}`, chat: `chat/${chat}`, gateway: `gateway/${gateway}` },
    masterKeyFile: INSTALLATION.masterKeyFile,
    noBus: 'the bus runs in a container of its own, where it cannot be tapped from here',
    quick: process.argv.includes('--quick'),
    logFiles: [],
    library: await import(pathToFileURL(join(ROOT, 'dist/apps/chat/libs/crypto/src/index.js')).href),
  });
  console.log(process.argv.includes('--json') ? report.json() : report.text());
  return report.ok ? 0 : 1;
});
process.exit();
