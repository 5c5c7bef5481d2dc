import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Generator } from '../generator/generator.js';
import type { Percentiles } from '../generator/percentiles.js';
import { memoryMiB, sharedOnceMiB } from '../process-tree.js';
import type { ErasureResult, HistoryResult } from '../results.js';
import { createChat, makePairs, register, type Account } from '../servers/product-api.js';
import { LeanReader } from '../servers/lean-reader.js';
import { freePort, startBareProduct } from '../servers/product.js';
import { startReference } from '../servers/reference-server.js';
import type { ServerUnderLoad } from '../servers/server-under-load.js';
import { idleSockets, type IdleSocketsResult } from './idle-sockets.js';
import { eraseChat, fillChat, readHistory, setApart, timed } from './large-chat.js';
import { logInStorm, STEADY, type LogInStormResult } from './log-in-storm.js';
import { loopDelay, type LoopDelay } from './loop-delay.js';

/** The sizes of the scenarios. */
export interface ScenarioPlan {
  readonly socketCounts: readonly number[];
  /** How long sockets are idle before their memory is measured. */
  readonly settleMs: number;
  readonly chats: number;
  readonly stormMs: number;
  /** The ascending sizes at which a chat's history is read. At the last one the chat is erased. */
  readonly historySizes: readonly number[];
  readonly eraseMs: number;
}

/** The results of all scenarios. */
export interface ScenarioResults {
  readonly start: {
    readonly coldMs: number;
    readonly warmMs: number;
    readonly idleMiB: Record<string, number>;
    /** The same with shared pages counted once. */
    readonly idleSharedOnceMiB: number;
  };
  readonly sockets: readonly IdleSocketsResult[];
  readonly chatList: { readonly chats: number; readonly read: Percentiles };
  /** The event-loop delay of the gateway at 500 messages a second. */
  readonly loopDelay: LoopDelay;
  readonly logInStorm: LogInStormResult;
  readonly history: readonly HistoryResult[];
  readonly erasure: ErasureResult;
}

const PAIRS = 50;
const LOG_INS = 50;
const LIST_READS = 50;
const SETTLE_MS = 3_000;

/** Runs all scenarios, each on a new server. @param note prints the progress */
export async function runScenarios(
  folder: string,
  generator: Generator,
  plan: ScenarioPlan,
  note: (text: string) => void,
): Promise<ScenarioResults> {
  const data = join(folder, 'scenarios');
  mkdirSync(data, { mode: 0o700 });
  const cold = await startBareProduct(data);
  await wait(SETTLE_MS);
  const idle = { idleMiB: memoryMiB(cold.pid), idleSharedOnceMiB: sharedOnceMiB(cold.pid) };
  await cold.stop();
  const metrics = await freePort();
  const running = await startBareProduct(data, { METRICS_PORT: String(metrics) });
  const start = { coldMs: cold.startMs, warmMs: running.startMs, ...idle };
  note(`start ${start.coldMs.toFixed(0)} ms cold, ${start.warmMs.toFixed(0)} ms warm`);
  try {
    const members = await makePairs(running.url, PAIRS);
    const product: ServerUnderLoad = { name: 'product', ...running, members };
    const sockets = await idleSockets(product, generator, plan);
    sockets.push(...(await referenceSockets(folder, generator, plan)));
    note(
      sockets
        .map((one) => `${one.server} ${one.sockets} sockets: ${one.kibPerSocket.toFixed(1)} KiB each`)
        .join(', '),
    );
    const chatList = await listChats(running.url, plan.chats);
    note(`chat list of ${chatList.chats}: p50 ${chatList.read.p50.toFixed(1)} ms`);

    const large = await setApart(generator, product);
    const accounts: Account[] = [];
    for (let i = 0; i < LOG_INS; i++) accounts.push(await register(running.url));
    await loopDelay(metrics);
    const steady = { group: 'others', ...STEADY, measureMs: plan.stormMs };
    const quiet = await generator.run(steady, () => undefined);
    const delay = await loopDelay(metrics);
    note(`event loop held up: p50 ${delay.p50.toFixed(1)}, p99 ${delay.p99.toFixed(1)} ms`);
    const storm = await logInStorm(running.url, generator, 'others', accounts, plan.stormMs, quiet);
    note(`log-in storm: ack p99 ${storm.quiet.ack.p99.toFixed(1)} -> ${storm.storm.ack.p99.toFixed(1)} ms`);

    const history: HistoryResult[] = [];
    for (const size of plan.historySizes) {
      const held = await fillChat(running.url, generator, 'large', large, size);
      history.push(...(await readHistory(running.url, large)));
      note(
        `history of ${held}: ${history
          .slice(-3)
          .map(({ place, read }) => `${place} p99 ${read.p99.toFixed(1)} ms`)
          .join(', ')}`,
      );
    }
    const erasure = await eraseChat(running.url, generator, 'others', large, plan.eraseMs);
    note(
      `${erasure.messages} erased in ${erasure.seconds.toFixed(1)} s, longest wait ${erasure.others.ack.max.toFixed(0)} ms`,
    );
    return { start, sockets, chatList, loopDelay: delay, logInStorm: storm, history, erasure };
  } finally {
    await generator.do({ kind: 'release' });
    await running.stop();
  }
}

async function referenceSockets(
  folder: string,
  generator: Generator,
  plan: ScenarioPlan,
): Promise<IdleSocketsResult[]> {
  const data = join(folder, 'scenarios-reference');
  mkdirSync(data);
  const reference = await startReference(data, PAIRS);
  try {
    await wait(SETTLE_MS);
    return await idleSockets(reference, generator, plan);
  } finally {
    await reference.stop();
  }
}

async function listChats(url: string, chats: number): Promise<ScenarioResults['chatList']> {
  const { cookie } = await register(url);
  for (let i = 0; i < chats; i++) await createChat(url, cookie);
  const reader = new LeanReader(url, cookie);
  const read = await timed(LIST_READS, () => reader.read('/chats'));
  reader.close();
  return { chats, read };
}
