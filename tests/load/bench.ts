// Benchmarks the product against the reference program in alternating slices. `--quick` takes under 3 minutes.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, tmpdir, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { probeDisk } from './disk-probe.js';
import { Generator } from './generator/generator.js';
import type { Load } from './generator/protocol.js';
import { TEXT_BYTES } from './generator/texts.js';
import { cpuBetween, machineCpuMs, memoryMiB, processTree } from './process-tree.js';
import {
  faultsOf,
  HOSTILE_FIGURES,
  LONG_FIGURES,
  nameOf,
  SOAK_FIGURES,
  total,
  type BenchResult,
  type HostileFigures,
  type LongFigures,
  type Machine,
  type Slice,
  type SoakFigures,
  type Weight,
} from './results.js';
import { hostile } from './hostile/hostile.js';
import { longChat } from './scenarios/large-chat.js';
import { runScenarios, type ScenarioPlan } from './scenarios/scenarios.js';
import { soak } from './scenarios/soak.js';
import { startProduct } from './servers/product.js';
import { startReference } from './servers/reference-server.js';
import { SERVER_NAMES, type ServerName, type ServerUnderLoad } from './servers/server-under-load.js';
import { summary } from './summary.js';

const PAIRS = 50;
const SETTLE_MS = 3_000;
const CLIENT = join('frontend', 'dist', 'browser');
const REPORTED_OTHER_CORES = 0.2;
const CLOSED: Load = { kind: 'closed', inFlight: 4 };
const MAIN_RATE: Load = { kind: 'open', perSecond: 500 };
const SIDE_RATES: readonly Load[] = [
  { kind: 'open', perSecond: 50 },
  { kind: 'open', perSecond: 2_000 },
];

/** The durations and counts of the slices, and the sizes of the scenarios. */
interface Plan {
  readonly rounds: number;
  readonly sideRounds: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
  readonly scenarios: ScenarioPlan;
}

const FULL: Plan = {
  rounds: 7,
  sideRounds: 5,
  warmUpMs: 2_000,
  measureMs: 10_000,
  scenarios: {
    socketCounts: [1_000, 5_000],
    settleMs: 5_000,
    chats: 1_000,
    stormMs: 5_000,
    historySizes: [1_000, 1_000_000],
    eraseMs: 30_000,
  },
};
const QUICK: Plan = {
  rounds: 5,
  sideRounds: 1,
  warmUpMs: 500,
  measureMs: 2_500,
  scenarios: {
    socketCounts: [500],
    settleMs: 2_000,
    chats: 100,
    stormMs: 2_500,
    historySizes: [1_000, 20_000],
    eraseMs: 2_500,
  },
};

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    // `--no-scenarios` measures messages only.
    scenarios: { type: 'boolean', default: true },
    // Measures only a chat with this number of messages.
    long: { type: 'string' },
    // Measures only a steady load for this number of minutes.
    soak: { type: 'string' },
    // Measures only the attacks, with `--only` those whose names contain it.
    hostile: { type: 'boolean', default: false },
    only: { type: 'string' },
    out: { type: 'string' },
  },
  allowNegative: true,
});
const plan = options.quick ? QUICK : FULL;
const rounds = Number(options.rounds ?? plan.rounds);
const names = SERVER_NAMES.filter((name) => options.only === undefined || options.only === name);
const folder = mkdtempSync(join(tmpdir(), 'secure-chat-load-'));
const servers: ServerUnderLoad[] = [];
const generator = new Generator();

const print = (text: string): unknown => process.stdout.write(`${text}\n`);

try {
  const where = { at: new Date().toISOString(), machine: machine() };
  if (options.long !== undefined) {
    const figures = await longChat(folder, generator, Number(options.long), print);
    keep({ ...where, ...figures }, options.out ?? LONG_FIGURES);
  } else if (options.soak !== undefined) {
    const minutes = await soak(folder, generator, Number(options.soak), print);
    keep({ ...where, minutes }, options.out ?? SOAK_FIGURES);
  } else if (options.hostile) {
    const [load = NaN] = loadavg();
    const figures = await hostile(folder, options.only ?? '', print);
    keep({ ...where, load, ...figures }, options.out ?? HOSTILE_FIGURES);
  } else {
    const result = await measure();
    keep(result, options.out ?? join('tests/load/results', `${result.at.replaceAll(':', '-')}.json`));
    print(summary(result));
    if (faultsOf(result.slices) > 0) process.exitCode = 1;
  }
} finally {
  await generator.end();
  for (const server of servers) await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

function keep(figures: BenchResult | HostileFigures | LongFigures | SoakFigures, file: string): void {
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, `${JSON.stringify(figures, undefined, 2)}\n`);
  print(file);
}

function machine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.version,
  };
}

async function measure(): Promise<BenchResult> {
  const disk = [probeDisk(folder)];
  const weighed = new Map<ServerName, { -readonly [Part in keyof Weight]: Weight[Part] }>();
  const emptyBytes = new Map<ServerName, number>();
  for (const name of names) {
    const data = join(folder, name);
    mkdirSync(data, { mode: 0o700 });
    const server = await (name === 'product' ? startProduct(data, PAIRS) : startReference(data, PAIRS));
    servers.push(server);
    await wait(SETTLE_MS);
    const idleMiB = memoryMiB(server.pid);
    await generator.do({ kind: 'connect', group: name, url: server.url, members: server.members });
    emptyBytes.set(name, bytesIn(data));
    weighed.set(name, {
      idleMiB,
      connectedMiB: memoryMiB(server.pid),
      loadedMiB: {},
      bytesPerMessage: NaN,
    });
  }
  const slices: Slice[] = [];
  for (let round = 1; round <= rounds; round++) {
    // The order alternates too, so that other load on the machine affects both servers.
    const order = round % 2 ? servers : servers.toReversed();
    for (const load of [CLOSED, MAIN_RATE, ...(round <= plan.sideRounds ? SIDE_RATES : [])])
      for (const server of order) slices.push(await slice(round, server, load));
  }
  for (const server of servers) {
    const weight = weighed.get(server.name);
    if (weight) weight.loadedMiB = memoryMiB(server.pid);
  }
  await generator.do({ kind: 'release' });
  for (const server of servers.splice(0)) {
    await server.stop();
    const stored = slices
      .filter((one) => one.server === server.name)
      .reduce((sum, one) => sum + one.result.checked, 0);
    const weight = weighed.get(server.name);
    const grown = bytesIn(join(folder, server.name)) - (emptyBytes.get(server.name) ?? 0);
    if (weight) weight.bytesPerMessage = grown / stored;
  }
  const scenarios =
    options.scenarios && names.includes('product')
      ? await runScenarios(folder, generator, plan.scenarios, print)
      : undefined;
  disk.push(probeDisk(folder));
  return {
    at: new Date().toISOString(),
    quick: options.quick,
    machine: machine(),
    disk,
    pairs: PAIRS,
    textBytes: TEXT_BYTES,
    rounds,
    slices,
    weight: Object.fromEntries(weighed) as Record<ServerName, Weight>,
    initialJsBytes: await initialJsBytes(),
    ...(scenarios ? { scenarios } : {}),
  };
}

/** Returns the size of the compressed JavaScript of the client's first page, as reported by the build. */
async function initialJsBytes(): Promise<number> {
  const budget = (await import(pathToFileURL('tools/client-budget.mjs').href)) as {
    initialBytes(folder: string): number;
  };
  return budget.initialBytes(CLIENT);
}

async function slice(round: number, server: ServerUnderLoad, load: Load): Promise<Slice> {
  const looks: { tree: ReturnType<typeof processTree>; machineMs: number }[] = [];
  const { warmUpMs, measureMs } = plan;
  const result = await generator.run({ group: server.name, load, warmUpMs, measureMs }, () =>
    looks.push({ tree: processTree(server.pid), machineMs: machineCpuMs() }),
  );
  const [before, after] = looks;
  if (!before || !after) throw new Error('the generator did not say when it measured');
  const cpuMs = cpuBetween(before.tree, after.tree);
  const serverMs = total(cpuMs);
  const all = (after.machineMs - before.machineMs - serverMs) / 1000 / result.seconds;
  const otherCores = Math.max(0, all - result.generator.cpu);
  const one = { round, server: server.name, load, result, cpuMs, otherCores };
  print(line(one));
  return one;
}

function line(one: Slice): string {
  const { result, otherCores, load, server } = one;
  const { ack, generator: own } = result;
  return [
    `round ${one.round}  ${server.padEnd(9)}  ${nameOf(load).padEnd(19)}  ${result.perSecond.toFixed(0).padStart(6)}/s`,
    `ack p50 ${ack.p50.toFixed(2)} p99 ${ack.p99.toFixed(2)} ms`,
    ...(otherCores > REPORTED_OTHER_CORES ? [`other processes use ${otherCores.toFixed(1)} cores`] : []),
    ...(own.isBottleneck && load.kind === 'closed' ? [`the generator is the bottleneck`] : []),
    ...(own.isBottleneck && load.kind === 'open'
      ? [`the generator is ${own.lateP99.toFixed(0)} ms late`]
      : []),
    ...(faultsOf([one]) > 0 ? [`FAULTS ${JSON.stringify(result.faults)}`] : []),
  ].join('  ');
}

/** Returns the size of all databases in a folder, without write-ahead logs, which do not grow with the messages. */
function bytesIn(data: string): number {
  return readdirSync(data, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.db'))
    .reduce((sum, name) => sum + statSync(join(data, name)).size, 0);
}
