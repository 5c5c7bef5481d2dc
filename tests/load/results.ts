import type { Percentiles } from './generator/percentiles.js';
import type { Load, RunResult } from './generator/protocol.js';
import type { HostileResult } from './hostile/hostile.js';
import type { ScenarioResults } from './scenarios/scenarios.js';
import type { ServerName } from './servers/server-under-load.js';

/** Result files in the repository, for figures that are measured less often. */
export const CLIENT_FIGURES = 'tests/load/client-figures.json';
export const LONG_FIGURES = 'tests/load/long-figures.json';
export const SOAK_FIGURES = 'tests/load/soak-figures.json';
export const HOSTILE_FIGURES = 'tests/load/hostile-figures.json';

/** A measurement of one server in one round. */
export interface Slice {
  readonly round: number;
  readonly server: ServerName;
  readonly load: Load;
  readonly result: RunResult;
  /** The CPU time of each process in milliseconds; empty without /proc. */
  readonly cpuMs: Record<string, number>;
  /** The number of cores that other processes of the machine used. */
  readonly otherCores: number;
}

/** The memory (in MiB, by process), disk space and start time of a server. */
export interface Weight {
  readonly idleMiB: Record<string, number>;
  readonly connectedMiB: Record<string, number>;
  readonly loadedMiB: Record<string, number>;
  readonly bytesPerMessage: number;
}

/** The machine of a measurement. */
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
  /** The time of a 4 KiB write with fsync, before and after. */
  readonly disk: readonly Percentiles[];
  readonly pairs: number;
  readonly textBytes: number;
  readonly rounds: number;
  readonly slices: readonly Slice[];
  readonly weight: Record<ServerName, Weight>;
  readonly initialJsBytes: number;
  readonly scenarios?: ScenarioResults;
}

/** The time to read a page of 50 messages at a size of the chat. */
export interface HistoryResult {
  readonly messages: number;
  readonly place: 'first' | 'middle' | 'last';
  readonly read: Percentiles;
}

/** The duration of an erasure, and the latencies of other users meanwhile. */
export interface ErasureResult {
  readonly messages: number;
  readonly seconds: number;
  readonly others: RunResult;
}

/** The figures of a chat with very many messages. */
export interface LongFigures {
  readonly at: string;
  readonly machine: Machine;
  readonly history: readonly HistoryResult[];
  readonly erasure: ErasureResult;
}

/** The figures of a minute of steady load. */
export interface SoakMinute {
  /** The memory of each process at its end, in MiB. */
  readonly mib: Record<string, number>;
  readonly ack: Percentiles;
}

/** The figures of a long steady load. */
export interface SoakFigures {
  readonly at: string;
  readonly machine: Machine;
  readonly minutes: readonly SoakMinute[];
}

/** The latencies of other users during attacks. */
export interface HostileFigures extends HostileResult {
  readonly at: string;
  readonly machine: Machine;
  /** The load average of the minute before. */
  readonly load: number;
}

/** The figures of a long chat in the browser, from the long run of the browser tests. */
export interface ClientFigures {
  readonly at: string;
  readonly machine: string;
  /** The load average of a minute. Above the number of cores, times depend on it. */
  readonly load: number;
  readonly browser: string;
  readonly messages: number;
  readonly scrolled: number;
  /** The median of several page loads, from the navigation until the chat list is painted. */
  readonly listMs: number;
  /** The median of several openings, from the click until the chat's last message is painted. */
  readonly chatMs: number;
  readonly frames: number;
  readonly frameMs: { readonly p50: number; readonly p99: number; readonly longest: number };
}

/** The figures that are measured less often, where they exist. */
export interface RareFigures {
  readonly client: ClientFigures | undefined;
  readonly long: LongFigures | undefined;
  readonly soak: SoakFigures | undefined;
  readonly hostile: HostileFigures | undefined;
}

/** The median of some values with the lowest and highest. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

/** Returns the median with the lowest and highest value, all NaN without values. */
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

/** Returns the sum of some sizes. */
export function total(sizes: Readonly<Record<string, number>>): number {
  return Object.values(sizes).reduce((all, one) => all + one, 0);
}

/** Returns the name of a load, such as `open, 500/s`. */
export function nameOf(load: Load): string {
  return load.kind === 'closed' ? `closed, ${load.inFlight} in flight` : `open, ${load.perSecond}/s`;
}

/** Computes a figure of a slice. */
export type Figure = (slice: Slice) => number;

/** Computes the CPU time of all processes for each acknowledged message, in milliseconds. */
export const cpuPerMessage: Figure = ({ cpuMs, result }) => total(cpuMs) / result.acknowledged;

/** Returns a figure of a server under a load over all rounds. */
export function figures(slices: readonly Slice[], server: ServerName, load: string, figure: Figure): Spread {
  return spread(slices.filter((one) => one.server === server && nameOf(one.load) === load).map(figure));
}

/** Returns product divided by reference for each round, whose slices ran one after the other. */
export function ratio(slices: readonly Slice[], load: string, figure: Figure): Spread {
  const ofLoad = slices.filter((one) => nameOf(one.load) === load);
  return spread(
    ofLoad.flatMap((product) => {
      const reference = ofLoad.find((one) => one.server === 'reference' && one.round === product.round);
      return product.server === 'product' && reference ? [figure(product) / figure(reference)] : [];
    }),
  );
}

/** Returns the number of faults in some slices. */
export function faultsOf(slices: readonly Slice[]): number {
  return slices.reduce(
    (sum, { result }) => sum + Object.values(result.faults).reduce((a: number, b: number) => a + b, 0),
    0,
  );
}
