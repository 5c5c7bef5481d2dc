import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { Unfit } from '../../project.mjs';
import type { Command } from '../command.js';
import { takeLock } from '../lock.js';
import { dataFolder, masterKeyFile } from '../settings.js';
import { KeyFile } from './key-file.js';
import { KeyStore } from './key-store.js';
import { rotate } from './rotation.js';

/** A new master key takes the place of the old one while Secure Chat runs. */
export const keysRotate: Command = {
  usage: `secure-chat keys-rotate
  wraps every chat's key under a new master key while Secure Chat runs, then destroys the old one;
  after an interruption, run it again: it goes on`,
  async run() {
    process.umask(0o077);
    const [file, store] = [masterKeyFile(), join(dataFolder(), 'chat.db')];
    if (!existsSync(file) || !existsSync(store))
      throw new Unfit('there is no installation to rotate the key of: check DATA_DIR and MASTER_KEY_FILE');
    const release = takeLock(join(dataFolder(), 'keys-rotate.lock'), 'rotation of the keys');
    try {
      console.log(await rotate(new KeyFile(realpathSync(file)), new KeyStore(store)));
    } finally {
      release();
    }
  },
};
