// npm run nats:rotate: new key pairs for the services' NATS users; the next npm start uses them.
import { join, resolve } from 'node:path';
import { natsInstallation } from './nats/installation.mjs';
import { program, readEnvFile, ROOT } from './project.mjs';

await program(async () => {
  readEnvFile();
  const folder = join(resolve(ROOT, process.env['DATA_DIR']?.trim() || 'data'), 'nats');
  await natsInstallation(folder, { host: '127.0.0.1', port: 4222 }, { renew: true });
  console.log('The NATS users have new keys. Restart Secure Chat to use them.');
});
