// npm run nats:rotate: new key pairs for the services' NATS users; the next npm start uses them.
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { natsInstallation } from './nats/installation.mjs';
import { commandLine, program, readEnvFile, ROOT, Unfit } from './project.mjs';

const USAGE = `npm run nats:rotate
  gives the services new keys for the bus; restart Secure Chat afterwards`;

await program(async () => {
  if (commandLine(USAGE) === undefined) return;
  readEnvFile();
  const folder = join(resolve(ROOT, process.env['DATA_DIR']?.trim() || 'data'), 'nats');
  const config = join(folder, 'nats.conf');
  if (!existsSync(config))
    throw new Unfit(`there is no installation to rotate the keys of: check DATA_DIR (${folder})`);
  // Until the restart, the server that runs is found where it was.
  const [, port = '4222'] = /^port: (\d+)/m.exec(readFileSync(config, 'utf8')) ?? [];
  await natsInstallation(folder, { host: '127.0.0.1', port: Number(port) }, { renew: true });
  console.log('The NATS users have new keys. Restart Secure Chat to use them.');
});
