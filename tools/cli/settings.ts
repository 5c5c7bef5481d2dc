import { join, resolve } from 'node:path';
import { ROOT } from '../project.mjs';

/** A setting's text; an empty variable counts as not set. The commands read the environment here alone. */
export function setting(name: string, otherwise = ''): string {
  return process.env[name]?.trim() || otherwise;
}

/** The data folder of the installation that `npm start` makes with the same settings. */
export const dataFolder = (): string => resolve(ROOT, setting('DATA_DIR', 'data'));

/** The master key file of that installation. */
export const masterKeyFile = (): string =>
  resolve(ROOT, setting('MASTER_KEY_FILE', join(dataFolder(), 'master.key')));
