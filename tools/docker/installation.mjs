// The installation as a container for backup or restore sees it: each service's volume in a folder of its own, and the
// backups in one of the host.
import { chownSync, mkdirSync, statSync } from 'node:fs';
import { LEDGER } from '../backup/installation.mjs';
import { Unfit } from '../project.mjs';

/** The user of the volumes, as the services run. */
const OWNER = 1000;

/** Where the host's folder of backups is mounted. */
export const BACKUPS = '/backups';

/** @type {import('../backup/installation.mjs').Installation} */
export const INSTALLATION = {
  folders: { auth: '/stores/auth', chat: '/stores/chat', gateway: '/stores/gateway' },
  masterKeyFile: '/keys/master.key',
  ledgers: ['chat', 'gateway', 'auth'].map((name) => `/stores/${name}/${LEDGER}`),
};

/**
 * Goes on as the user of the volumes: what the container writes must be theirs. A folder of backups that the engine
 * has made is handed to them.
 * @throws {Unfit} when the folder is another user's
 */
export function becomeOwner() {
  mkdirSync(BACKUPS, { recursive: true });
  const { uid } = statSync(BACKUPS);
  if (uid === 0) chownSync(BACKUPS, OWNER, OWNER);
  else if (uid !== OWNER)
    throw new Unfit(
      `the folder of backups belongs to user ${uid}: give it to user ${OWNER}, or name a new one`,
    );
  process.setgroups?.([OWNER]);
  process.setgid?.(OWNER);
  process.setuid?.(OWNER);
}
