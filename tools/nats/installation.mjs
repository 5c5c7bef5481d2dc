// The bus of one installation: a key pair per user, and the server's configuration with the public halves.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from '../backup/files.mjs';
import { serverConfig, USERS } from './permissions.mjs';

/** @typedef {import('./permissions.mjs').User} User */

/**
 * Reads a user's seed, or makes it.
 * @param {string} file
 * @param {boolean} renew
 * @returns {Promise<string>} the public key
 */
export async function publicKeyOf(file, renew = false) {
  const { createUser, fromSeed } = await import('@nats-io/nkeys');
  if (renew || !existsSync(file)) {
    writeWhole(file, new TextDecoder().decode(createUser().getSeed()));
  }
  return fromSeed(new Uint8Array(readFileSync(file))).getPublicKey();
}

/**
 * Makes what is missing of an installation's bus.
 * @param {string} folder where seeds and configuration lie; made with mode 0700
 * @param {{ host: string, port: number }} address
 * @param {{ renew?: boolean }} [options] `renew` makes new seeds
 * @returns {Promise<{ config: string, seeds: Record<User, string> }>} paths
 */
export async function natsInstallation(folder, address, options = {}) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const seeds = /** @type {Record<User, string>} */ ({});
  const publicKeys = /** @type {Record<User, string>} */ ({});
  for (const name of USERS) {
    seeds[name] = join(folder, `${name}.nk`);
    publicKeys[name] = await publicKeyOf(seeds[name], options.renew);
  }
  const config = join(folder, 'nats.conf');
  writeWhole(config, serverConfig({ ...address, publicKeys }));
  return { config, seeds };
}
