// docker compose run --rm audit: the same as npm run audit, on the volumes of the services and by way of their network.
// What containers print only their engine can read: it is handed over on standard input.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { audit } from '../audit/audit.mjs';
import { STORES } from '../audit/data-folder.mjs';
import { SERVICES } from '../nats/permissions.mjs';
import { program, ROOT, WrongUsage } from '../project.mjs';

/** Ends with the audit: what is written into a pipe that nobody reads any more fails. */
const WITH_LOGS =
  'while docker compose logs --no-log-prefix --since 10m auth chat gateway nats; do sleep 1; done | docker compose run --rm -T audit --logs -';

await program(async () => {
  /** @type {{ help?: boolean, quick?: boolean, json?: boolean, logs?: string }} */
  let options;
  try {
    ({ values: options } = parseArgs({
      options: {
        help: { type: 'boolean' },
        quick: { type: 'boolean' },
        json: { type: 'boolean' },
        logs: { type: 'string' },
      },
    }));
    if (options.logs !== undefined && options.logs !== '-') throw new Error('--logs takes - alone');
  } catch (error) {
    throw new WrongUsage(
      `${error instanceof Error ? error.message : 'bad arguments'}\ndocker compose run --rm audit [--quick] [--json]\n${WITH_LOGS}`,
    );
  }
  if (options.help) {
    console.log(`docker compose run --rm audit [--quick] [--json]\n${WITH_LOGS}`);
    return 0;
  }
  const { auth, chat, gateway } = STORES;
  const report = await audit({
    url: 'http://gateway:5000',
    port: 5000,
    dataDir: '/stores',
    stores: { auth: `auth/${auth}`, chat: `chat/${chat}`, gateway: `gateway/${gateway}` },
    masterKeyFile: '/keys/master.key',
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
    quick: options.quick ?? false,
    logFiles: [],
    ...(options.logs !== undefined && { handedLogs: process.stdin }),
    howToHandLogs: `hand it over by ${WITH_LOGS}`,
    library: await import(pathToFileURL(join(ROOT, 'dist/apps/chat/libs/crypto/src/index.js')).href),
  });
  console.log(options.json ? report.json() : report.text());
  return report.ok ? 0 : 1;
});
process.exit();
