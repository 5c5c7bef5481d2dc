// The bus of one installation: a key pair per user, and the server's configuration with the public halves.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { discardDrafts, makeFolder, writeDurably } from '../../libs/platform/src/files/durable-files.mjs';
import { openFileProblem } from '../../libs/platform/src/files/private-files.mjs';
import { Unfit } from '../project.mjs';
import { serverConfig, USERS } from './permissions.mjs';

/** @typedef {import('./permissions.mjs').User} User */

/**
 * Reads a user's seed, or makes it. A spoilt one is made anew: nothing but the bus knows it, and that is told by its
 * configuration.
 * @param {string} file
 * @param {boolean} renew
 * @returns {Promise<string>} the public key
 * @throws {Unfit} when other users can read it
 */
export async function publicKeyOf(file, renew = false) {
  const { createUser, fromSeed } = await import('@nats-io/nkeys');
  const problem = openFileProblem(file, 'a key in DATA_DIR');
  if (problem !== undefined) throw new Unfit(problem);
  discardDrafts(file);
  if (!renew && existsSync(file))
    try {
      return fromSeed(new Uint8Array(readFileSync(file))).getPublicKey();
    } catch {
      // Made anew.
    }
  const user = createUser();
  writeDurably(file, new TextDecoder().decode(user.getSeed()));
  return user.getPublicKey();
}

/**
 * Makes what is missing of an installation's bus.
 * @param {string} folder where seeds and configuration lie; made with mode 0700
 * @param {{ host: string, port: number }} address
 * @param {{ renew?: boolean }} [options] `renew` makes new seeds
 * @returns {Promise<{ config: string, seeds: Record<User, string> }>} paths
 */
export async function natsInstallation(folder, address, options = {}) {
  makeFolder(folder);
  const seeds = /** @type {Record<User, string>} */ ({});
  const publicKeys = /** @type {Record<User, string>} */ ({});
  for (const name of USERS) {
    seeds[name] = join(folder, `${name}.nk`);
    publicKeys[name] = await publicKeyOf(seeds[name], options.renew);
  }
  const config = join(folder, 'nats.conf');
  discardDrafts(config);
  writeDurably(config, serverConfig({ ...address, publicKeys }));
  return { config, seeds };
}
