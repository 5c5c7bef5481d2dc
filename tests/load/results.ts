import type { Percentiles } from './generator/percentiles.js';
import type { Load, RunResult } from './generator/protocol.js';
import type { HostileResult } from './hostile/hostile.js';
import type { ScenarioResults } from './scenarios/scenarios.js';
import type { ServerName } from './servers/server-under-load.js';

/** Kept in the repository, for these are measured more rarely than the rest. */
export const CLIENT_FIGURES = 'tests/load/client-figures.json';
export const LONG_FIGURES = 'tests/load/long-figures.json';
export const SOAK_FIGURES = 'tests/load/soak-figures.json';
export const HOSTILE_FIGURES = 'tests/load/hostile-figures.json';

/** One run of one server in one round. */
export interface Slice {
  readonly round: number;
  readonly server: ServerName;
  readonly load: Load;
  readonly result: RunResult;
  /** Milliseconds of CPU by process while it was measured; empty where there is no /proc. */
  readonly cpuMs: Record<string, number>;
  /** Cores that neither the server nor the generator used: other work on the machine. */
  readonly otherCores: number;
}

/** What a server weighs; memory in MiB by process. */
export interface Weight {
  readonly idleMiB: Record<string, number>;
  readonly connectedMiB: Record<string, number>;
  readonly loadedMiB: Record<string, number>;
  readonly bytesPerMessage: number;
}

/** Where something was measured. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
}

/** A result file. */
export interface BenchResult {
  readonly at: string;
  readonly quick: boolean;
  readonly machine: Machine;
  /** One 4 KiB write with fsync, before and after. */
  readonly disk: readonly Percentiles[];
  readonly pairs: number;
  readonly textBytes: number;
  readonly rounds: number;
  readonly slices: readonly Slice[];
  readonly weight: Record<ServerName, Weight>;
  readonly initialJsBytes: number;
  readonly scenarios?: ScenarioResults;
}

/** How long pages of 50 took to read at some size of a chat. */
export interface HistoryResult {
  readonly messages: number;
  readonly place: 'first' | 'middle' | 'last';
  readonly read: Percentiles;
}

/** How an erasure went, and how long others waited meanwhile. */
export interface ErasureResult {
  readonly messages: number;
  readonly seconds: number;
  readonly others: RunResult;
}

/** One chat of very many messages. */
export interface LongFigures {
  readonly at: string;
  readonly machine: Machine;
  readonly history: readonly HistoryResult[];
  readonly erasure: ErasureResult;
}

/** A minute of steady load. */
export interface SoakMinute {
  /** Memory by process at its end, in MiB. */
  readonly mib: Record<string, number>;
  readonly ack: Percentiles;
}

/** Many minutes of steady load. */
export interface SoakFigures {
  readonly at: string;
  readonly machine: Machine;
  readonly minutes: readonly SoakMinute[];
}

/** How others latencies during attacks. */
export interface HostileFigures extends HostileResult {
  readonly at: string;
  readonly machine: Machine;
  /** Processes that wanted to run, a minute's average, before it began. */
  readonly load: number;
}

/** What a long chat takes in a browser: the long form of the browser tests measures it. */
export interface ClientFigures {
  readonly at: string;
  readonly machine: string;
  /** Processes that wanted to run meanwhile, a minute's average: above the cores, times say how busy it was. */
  readonly load: number;
  readonly browser: string;
  readonly messages: number;
  readonly scrolled: number;
  /** The middle one of several loads, from the navigation until the chat list is painted. */
  readonly listMs: number;
  /** The middle one of several, from the click until the chat's last message is painted. */
  readonly chatMs: number;
  readonly frames: number;
  readonly frameMs: { readonly p50: number; readonly p99: number; readonly longest: number };
}

/** What is measured more rarely than the rest, where it was. */
export interface RareFigures {
  readonly client: ClientFigures | undefined;
  readonly long: LongFigures | undefined;
  readonly soak: SoakFigures | undefined;
  readonly hostile: HostileFigures | undefined;
}

/** The middle of some values with their spread. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

/** The median with the lowest and highest value; all NaN when there are none. */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (place: number): number => sorted[place] ?? NaN;
  const middle = (sorted.length - 1) / 2;
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    low: at(0),
    high: at(sorted.length - 1),
    count: sorted.length,
  };
}

/** All of some sizes together. */
export function total(sizes: Readonly<Record<string, number>>): number {
  return Object.values(sizes).reduce((all, one) => all + one, 0);
}

/** A load's name, such as `open 500/s`. */
export function nameOf(load: Load): string {
  return load.kind === 'closed' ? `closed, ${load.inFlight} in flight` : `open, ${load.perSecond}/s`;
}

/** A figure taken from a slice. */
export type Figure = (slice: Slice) => number;

/** Milliseconds of CPU of all processes for each acknowledged message. */
export const cpuPerMessage: Figure = ({ cpuMs, result }) => total(cpuMs) / result.acknowledged;

/** A figure of one server under one load over all rounds. */
export function figures(slices: readonly Slice[], server: ServerName, load: string, figure: Figure): Spread {
  return spread(slices.filter((one) => one.server === server && nameOf(one.load) === load).map(figure));
}

/** Product divided by reference, round by round: both of a round ran one after the other. */
export function ratio(slices: readonly Slice[], load: string, figure: Figure): Spread {
  const ofLoad = slices.filter((one) => nameOf(one.load) === load);
  return spread(
    ofLoad.flatMap((product) => {
      const reference = ofLoad.find((one) => one.server === 'reference' && one.round === product.round);
      return product.server === 'product' && reference ? [figure(product) / figure(reference)] : [];
    }),
  );
}

/** How many faults the slices of a server show. */
export function faultsOf(slices: readonly Slice[]): number {
  return slices.reduce(
    (sum, { result }) => sum + Object.values(result.faults).reduce((a: number, b: number) => a + b, 0),
    0,
  );
}
