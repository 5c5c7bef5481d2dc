import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { makePairs } from '../servers/product-api.js';
import { startBareProduct } from '../servers/product.js';
import type { Orders } from './attack-thread.js';
import { ATTACKS } from './attacks.js';
import { MemoryLimits, type MemoryUse } from './memory-limits.js';
import { Bystanders, type Latencies } from './bystanders.js';

const QUIET_MS = 10_000;
const ATTACK_MS = 8_000;
/** How long requests of an attack may finish before its connections are closed, in milliseconds. */
const GRACE_MS = 2_000;
const REST_MS = 3_000;

/** One attack and the latencies of other users meanwhile. */
export interface AttackResult extends Latencies, MemoryUse {
  readonly attack: string;
}

/** The results of all attacks, and the latencies without one. */
export interface HostileResult {
  readonly quiet: Latencies;
  readonly attacks: readonly AttackResult[];
}

/**
 * Runs every attack against the product with its default limits, one after the other.
 * @param folder a temporary folder
 * @param only a part of the names of the attacks to run
 * @param note prints the progress
 */
export async function hostile(
  folder: string,
  only: string,
  note: (text: string) => void,
): Promise<HostileResult> {
  const dataDir = join(folder, 'hostile');
  mkdirSync(dataDir, { mode: 0o700 });
  const running = await startBareProduct(dataDir, {
    HOST: '127.0.0.1',
    MESSAGE_RATE_LIMIT: '',
    AUTH_RATE_LIMIT: '',
    API_RATE_LIMIT: '',
    NODE_OPTIONS: MemoryLimits.HEAP,
  });
  const { url, pid } = running;
  const limits = new MemoryLimits(pid);
  try {
    const members = await makePairs(url, 1);
    const bystanders = await Bystanders.connected(url, members);
    const quiet = await bystanders.measure(wait(QUIET_MS));
    note(line('quiet', quiet));
    limits.since();
    const attacks: AttackResult[] = [];
    for (const [index, name] of Object.keys(ATTACKS).entries()) {
      if (!name.includes(only)) continue;
      // In its own thread, so that the work of the attacker does not delay the measurement.
      const orders: Orders = { name, url, dataDir, index, limitMs: ATTACK_MS };
      const thread = new Worker(new URL('./attack-thread.js', import.meta.url), { workerData: orders });
      const ended = once(thread, 'exit');
      thread.on('error', (error) => note(`${name}: ${String(error)}`));
      await Promise.race([once(thread, 'message'), ended]);
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      thread.postMessage('begin');
      const over = Promise.race([once(thread, 'message'), ended, wait(ATTACK_MS + GRACE_MS)]);
      const latencies = await bystanders.measure(over.then(() => wait(GRACE_MS)));
      await thread.terminate();
      const result = { attack: name, ...latencies, ...limits.since() };
      attacks.push(result);
      note(line(name, result));
      await wait(REST_MS);
    }
    bystanders.stop();
    return { quiet, attacks };
  } finally {
    limits.stop();
    await running.stop();
  }
}

function line(name: string, { ack, http, cut, refused }: Latencies): string {
  return `${name.padEnd(64)} ack p99 ${ack.p99.toFixed(0)} ms, HTTP p99 ${http.p99.toFixed(0)} ms, ${cut} cut, ${refused} refused`;
}
