import { LEDGER, type Store } from '../installation.js';

/** A file of a backup; `store` where it is a service's database. */
export interface Part {
  readonly bundle: string;
  readonly name: string;
  readonly store?: Store;
}

/**
 * The parts in the order in which they are copied: whatever a message belongs to is copied after it, so that nothing
 * in a backup lacks its chat or its author. Keys lie apart from messages, and the master key apart from the keys.
 */
export const PARTS: readonly Part[] = [
  { bundle: 'messages', name: 'gateway.db', store: 'gateway' },
  { bundle: 'keys', name: 'chat.db', store: 'chat' },
  { bundle: 'accounts', name: 'auth.db', store: 'auth' },
  { bundle: 'master-key', name: 'master.key' },
];

/** Every file of a backup but its manifest. */
export const FILES: readonly Part[] = [...PARTS, { bundle: '', name: LEDGER }];

/** The bundles that `--keys` puts into another folder. */
export const KEY_BUNDLES: readonly string[] = ['keys', 'master-key'];

/** The file that is written last: without it there is no backup. */
export const MANIFEST = 'manifest.json';

/** The layout that this version writes and reads. */
export const FORMAT = 1;

/** What a backup consists of. */
export interface Manifest {
  readonly format: number;
  readonly createdAt: string;
  readonly files: readonly {
    readonly bundle: string;
    readonly name: string;
    readonly bytes: number;
    readonly sha256: string;
    /** The names of the migrations that made a database, the oldest first. */
    readonly migrations?: readonly string[];
  }[];
}
