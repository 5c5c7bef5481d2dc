import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { natsInstallation } from '../../nats/installation.mjs';
import { Unfit } from '../../project.mjs';
import type { Command } from '../command.js';
import { dataFolder } from '../settings.js';

/** New key pairs for the users of the bus; the next start uses them. */
export const natsRotate: Command = {
  usage: `secure-chat nats-rotate
  gives the services new keys for the bus; restart Secure Chat afterwards`,
  async run() {
    const folder = join(dataFolder(), 'nats');
    const config = join(folder, 'nats.conf');
    if (!existsSync(config))
      throw new Unfit(`there is no installation to rotate the keys of: check DATA_DIR (${folder})`);
    // Until the restart, the server that runs is found where it was.
    const [, port = '4222'] = /^port: (\d+)/m.exec(readFileSync(config, 'utf8')) ?? [];
    await natsInstallation(folder, { host: '127.0.0.1', port: Number(port) }, { renew: true });
    console.log('The NATS users have new keys. Restart Secure Chat to use them.');
  },
};
