// What an installation consists of, and which bundle of a backup takes which part of it.
import { join, resolve } from 'node:path';
import { commandLine, ROOT, WrongUsage } from '../project.mjs';

/** @typedef {'auth' | 'chat' | 'gateway'} Store */

/**
 * @typedef {object} Installation
 * @property {Record<Store, string>} folders where each service keeps its database; often one and the same
 * @property {string} masterKeyFile
 * @property {readonly string[]} ledgers the erasure ledgers of the services; often one
 */

/**
 * The parts in the order in which they are copied: whatever a message belongs to is copied after it, so that nothing
 * in a backup lacks its chat or its author. Keys lie apart from messages, and the master key apart from the keys.
 * @type {readonly { bundle: string, name: string, store?: Store }[]}
 */
export const PARTS = [
  { bundle: 'messages', name: 'gateway.db', store: 'gateway' },
  { bundle: 'keys', name: 'chat.db', store: 'chat' },
  { bundle: 'accounts', name: 'auth.db', store: 'auth' },
  { bundle: 'master-key', name: 'master.key' },
];

/** The bundles that `--keys` puts into another folder. */
export const KEY_BUNDLES = ['keys', 'master-key'];

/** The file that a backup is whole with. */
export const MANIFEST = 'manifest.json';

/** The erasure ledger's name: in the data folder, in a backup, and beside backups. */
export const LEDGER = 'erasures.ledger';

/** The layout that this version writes and reads. */
export const FORMAT = 1;

/**
 * @typedef {object} Manifest
 * @property {number} format
 * @property {string} createdAt
 * @property {readonly { bundle: string, name: string, bytes: number, sha256: string, migrations?: readonly string[] }[]} files
 */

/** Where a service's database lies. @param {Installation} installation @param {Store} store */
export const databaseOf = ({ folders }, store) => join(folders[store], `${store}.db`);

/** The installation that `npm start` makes with the same settings. @returns {Installation & { dataDir: string }} */
export function installationHere() {
  const setting = (/** @type {string} */ name) => process.env[name]?.trim() || undefined;
  const dataDir = resolve(ROOT, setting('DATA_DIR') ?? 'data');
  return {
    dataDir,
    folders: { auth: dataDir, chat: dataDir, gateway: dataDir },
    masterKeyFile: resolve(ROOT, setting('MASTER_KEY_FILE') ?? join(dataDir, 'master.key')),
    ledgers: [resolve(ROOT, setting('LEDGER_FILE') ?? join(dataDir, LEDGER))],
  };
}

/**
 * Reads `DIR [--keys DIR] [--ledger FILE]`; paths are relative to where the command was given.
 * @param {readonly ('keys' | 'ledger')[]} allowed
 * @param {string} usage
 * @returns {{ dir: string, keys?: string, ledger?: string } | undefined} nothing, when the usage was asked for
 * @throws {WrongUsage} with the usage
 */
export function readArguments(allowed, usage) {
  const given = commandLine(usage, {
    options: Object.fromEntries(allowed.map((name) => [name, { type: /** @type {const} */ ('string') }])),
    positionals: { min: 1, max: 1 },
  });
  if (given === undefined) return undefined;
  const paths = { dir: given.positionals[0] ?? '', ...given.values };
  if (Object.values(paths).includes('')) throw new WrongUsage(`a path is empty\n${usage}`);
  // npm runs a script in the project's folder, and says where it was asked to.
  const from = process.env['INIT_CWD'] ?? process.cwd();
  return /** @type {any} */ (
    Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, resolve(from, path)]))
  );
}
