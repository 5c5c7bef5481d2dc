// Prints the most expensive functions of the gateway (or of the reference: --server=reference) under load.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { Profiler } from 'node:inspector';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Generator } from '../generator/generator.js';
import type { Load } from '../generator/protocol.js';
import { processTree } from '../process-tree.js';
import { startProduct } from '../servers/product.js';
import { startReference } from '../servers/reference-server.js';
import { hotPlaces, type HotPlace } from './hot-places.js';

const PAIRS = 50;

const { values: options } = parseArgs({
  options: {
    server: { type: 'string', default: 'product' },
    rate: { type: 'string' },
    seconds: { type: 'string', default: '8' },
  },
});
const load: Load =
  options.rate === undefined
    ? { kind: 'closed', inFlight: 4 }
    : { kind: 'open', perSecond: Number(options.rate) };
const folder = mkdtempSync(join(tmpdir(), 'secure-chat-profile-'));
const data = join(folder, 'data');
mkdirSync(data, { mode: 0o700 });
const preload = new URL('preload.js', import.meta.url).href;
const environment = { NODE_OPTIONS: `--import=${preload}`, PROFILE_DIR: folder };
const server = await (options.server === 'reference'
  ? startReference(data, PAIRS, environment)
  : startProduct(data, PAIRS, environment));
const generator = new Generator();
try {
  await generator.do({ kind: 'connect', group: 'all', url: server.url, members: server.members });
  const pid = processTree(server.pid).get(options.server === 'reference' ? 'reference' : 'gateway')?.pid;
  if (pid === undefined) throw new Error('the process to profile was not found');
  const measureMs = Number(options.seconds) * 1000;
  const { perSecond, ack } = await generator.run({ group: 'all', load, warmUpMs: 3_000, measureMs }, () =>
    process.kill(pid, 'SIGUSR2'),
  );
  const file = join(folder, `${pid}.json`);
  while (!existsSync(file)) await wait(50);
  await wait(500);
  const { profile, loopDelayMs } = JSON.parse(readFileSync(file, 'utf8')) as {
    profile: Profiler.Profile;
    loopDelayMs: Record<string, number>;
  };
  const { idle, functions, parts } = hotPlaces(profile);
  const list = (places: readonly HotPlace[]): string =>
    places.map(({ name, share }) => `  ${(share * 100).toFixed(1).padStart(5)} %  ${name}`).join('\n');
  const delays = Object.entries(loopDelayMs).map(([name, ms]) => `${name} ${ms.toFixed(1)}`);
  process.stdout.write(
    `${options.server} at ${perSecond.toFixed(0)}/s, ack p99 ${ack.p99.toFixed(1)} ms, idle ${(idle * 100).toFixed(0)} %, ` +
      `event-loop delay ${delays.join(', ')} ms\n\nby function\n${list(functions)}\n\nby part\n${list(parts)}\n`,
  );
} finally {
  await generator.end();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
