import { join, resolve } from 'node:path';
import { ROOT } from '../project.mjs';
import { dataFolder, masterKeyFile, setting } from './settings.js';

/** A service that has a database. */
export type Store = 'auth' | 'chat' | 'gateway';

/** Where the parts of an installation lie. */
export interface Installation {
  /** The folder of each service's database; often one and the same. */
  readonly folders: Readonly<Record<Store, string>>;
  readonly masterKeyFile: string;
  /** The erasure ledgers of the services; often one. */
  readonly ledgers: readonly string[];
}

/** The erasure ledger's name: in the data folder, in a backup, and beside backups. */
export const LEDGER = 'erasures.ledger';

/** Returns where a service's database lies. */
export const databaseOf = ({ folders }: Installation, store: Store): string =>
  join(folders[store], `${store}.db`);

/**
 * Returns the installation that `npm start` makes with the same settings. In a container, STORES names the folder in
 * which each service's volume is mounted under its name.
 */
export function installationHere(): Installation {
  const stores = setting('STORES');
  const folderOf = (store: Store): string => (stores === '' ? dataFolder() : join(stores, store));
  const folders = { auth: folderOf('auth'), chat: folderOf('chat'), gateway: folderOf('gateway') };
  return {
    folders,
    masterKeyFile: masterKeyFile(),
    ledgers:
      stores === ''
        ? [resolve(ROOT, setting('LEDGER_FILE', join(dataFolder(), LEDGER)))]
        : [folders.chat, folders.gateway, folders.auth].map((folder) => join(folder, LEDGER)),
  };
}
