import { SERVICES } from '../../nats/permissions.mjs';
import { dataFolder, masterKeyFile, setting } from '../settings.js';
import type { AuditTarget } from './audit.js';

/** Ends with the audit: what is written into a pipe that nobody reads any more fails. */
const WITH_LOGS =
  'while docker compose logs --no-log-prefix --since 10m auth chat gateway nats; do sleep 1; done | docker compose run --rm -T audit --logs -';

/** Returns where the installation is that `npm start` makes with the same settings, or that of the audit's container. */
export function auditTarget(): AuditTarget {
  const stores = setting('STORES');
  if (stores !== '') return inContainer(stores);
  return {
    port: Number(setting('PORT', '5000')),
    dataDir: dataFolder(),
    masterKeyFile: masterKeyFile(),
    ...(setting('NATS_URL') !== '' && {
      noBus: 'NATS_URL names a server of its own, which cannot be tapped from here',
    }),
    howToHandLogs: 'name one by --log FILE',
  };
}

/** What containers print only their engine can read: it is handed over on standard input. */
function inContainer(stores: string): AuditTarget {
  return {
    url: 'http://gateway:5000',
    port: 5000,
    dataDir: stores,
    stores: { auth: 'auth/auth.db', chat: 'chat/chat.db', gateway: 'gateway/gateway.db' },
    masterKeyFile: masterKeyFile(),
    bus: {
      host: 'nats',
      seenAs: '/config/nats.conf',
      authority: 'authority.pem',
      // Those that are no service's lie beside that of auth.
      seedOf: (user) =>
        SERVICES.some((name) => name === user)
          ? `/credentials/${user}/bus.nk`
          : `/credentials/auth/${user}.nk`,
    },
    howToHandLogs: `hand it over by ${WITH_LOGS}`,
  };
}
