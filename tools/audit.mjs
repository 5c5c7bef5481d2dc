// npm run audit: shows that disk, bus and logs of this installation tell nothing, and that deleted means gone.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { audit } from './audit/audit.mjs';
import { program, ROOT, WrongUsage } from './project.mjs';
import { build, install } from './prepare.mjs';

const USAGE = `npm run audit -- [--quick] [--json] [--log FILE]... [--logs -]
  --quick     15 s at most: fewer canaries, fewer tries
  --json      the report as JSON
  --log FILE  a file that keeps the services' output
  --logs -    reads the services' output from standard input`;

/** A setting's text; an empty variable counts as not set. @param {string} name @param {string} otherwise */
const setting = (name, otherwise) => process.env[name]?.trim() || otherwise;

await program(async () => {
  /** @type {{ quick?: boolean, json?: boolean, help?: boolean, log?: string[], logs?: string }} */
  let options;
  try {
    ({ values: options } = parseArgs({
      options: {
        quick: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
        log: { type: 'string', multiple: true },
        logs: { type: 'string' },
      },
    }));
    if (options.logs !== undefined && options.logs !== '-') throw new Error('--logs takes - alone');
  } catch (error) {
    throw new WrongUsage(`${error instanceof Error ? error.message : 'bad arguments'}\n${USAGE}`);
  }
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const libraryFile = join(ROOT, 'dist/apps/chat/libs/crypto/src/index.js');
  if (!existsSync(libraryFile)) {
    await install();
    await build();
  }
  const dataDir = resolve(ROOT, setting('DATA_DIR', 'data'));
  const report = await audit({
    port: Number(setting('PORT', '5000')),
    dataDir,
    masterKeyFile: resolve(ROOT, setting('MASTER_KEY_FILE', join(dataDir, 'master.key'))),
    ...(setting('NATS_URL', '') !== '' && {
      noBus: 'NATS_URL names a server of its own, which cannot be tapped from here',
    }),
    quick: options.quick ?? false,
    logFiles: (options.log ?? []).map((file) => resolve(file)),
    ...(options.logs !== undefined && { handedLogs: process.stdin }),
    howToHandLogs: 'name one by --log FILE',
    library: await import(pathToFileURL(libraryFile).href),
  });
  console.log(options.json ? report.json() : report.text());
  return report.ok ? 0 : 1;
});
process.exit();
