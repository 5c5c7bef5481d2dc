import { resolve } from 'node:path';
import { WrongUsage } from '../../project.mjs';
import type { Command } from '../command.js';
import { setting } from '../settings.js';
import { audit } from './audit.js';
import { auditTarget } from './target.js';

/** Shows that disk, bus and logs of an installation tell nothing, and that deleted means gone. */
export const auditCommand: Command = {
  usage: `secure-chat audit [--quick] [--json] [--log FILE]... [--logs -]
  plants canary chats, looks for them where they must not be, erases them and looks again; fails when it finds any
  --quick     15 s at most: fewer canaries, fewer tries
  --json      the report as JSON
  --log FILE  a file that keeps the services' output
  --logs -    reads the services' output from standard input`,
  options: {
    quick: { type: 'boolean' },
    json: { type: 'boolean' },
    log: { type: 'string', multiple: true },
    logs: { type: 'string' },
  },
  async run(given) {
    const logs = given.text('logs');
    if (logs !== undefined && logs !== '-') throw new WrongUsage(`--logs takes - alone\n${this.usage}`);
    const report = await audit({
      ...auditTarget(),
      quick: given.has('quick'),
      logFiles: given.texts('log').map((file) => resolve(setting('INIT_CWD', process.cwd()), file)),
      handedLogs: logs === undefined ? undefined : process.stdin,
    });
    console.log(given.has('json') ? report.json() : report.text());
    return report.ok ? 0 : 1;
  },
};
