import type { Member } from '../servers/server-under-load.js';
import type { Percentiles } from './percentiles.js';

/** A closed loop with some messages in flight for each member, or an open loop with a total rate. */
export type Load =
  | { readonly kind: 'closed'; readonly inFlight: number }
  | { readonly kind: 'open'; readonly perSecond: number };

/** The orders of the bench to the generator. A group is a named set of connected members. */
export type Order =
  | {
      readonly kind: 'connect';
      readonly group: string;
      readonly url: string;
      readonly members: readonly Member[];
    }
  | {
      readonly kind: 'run';
      readonly group: string;
      readonly load: Load;
      readonly warmUpMs: number;
      readonly measureMs: number;
    }
  | {
      readonly kind: 'idle';
      readonly url: string;
      readonly members: readonly Member[];
      readonly sockets: number;
    }
  | { readonly kind: 'storm' }
  | { readonly kind: 'release' }
  | { readonly kind: 'end' };

/** The reports of the generator to the bench. `measuring` and `measured` mark the measured period. */
export type Report =
  | { readonly kind: 'done'; readonly ms: number }
  | { readonly kind: 'measuring' }
  | { readonly kind: 'measured' }
  | { readonly kind: 'ran'; readonly result: RunResult }
  | { readonly kind: 'failed'; readonly reason: string };

/** The faults of a run, all 0 for a correct one. */
export interface Faults {
  /** Not answered within 10 s after the last send. */
  readonly unanswered: number;
  /** Answered with an error. */
  readonly refused: number;
  /** Acknowledged, but not delivered to the other member. */
  readonly undelivered: number;
  /** Delivered more than once. */
  readonly repeated: number;
  /** Delivered after a later one. */
  readonly outOfOrder: number;
  /** Delivered with another text, or never sent. */
  readonly changed: number;
  /** Acknowledged, but not in the history as it was acknowledged. */
  readonly notInHistory: number;
  /** Missing messages in the history. */
  readonly gaps: number;
}

/**
 * Checks that a run has no faults.
 * @throws {Error} that lists the faults
 */
export function assertFaultless({ faults }: Pick<RunResult, 'faults'>, run: string): void {
  if (Object.values(faults).some((count: number) => count > 0))
    throw new Error(`${run}: ${JSON.stringify(faults)}`);
}

/** The result of a run. Times are in milliseconds. */
export interface RunResult {
  readonly seconds: number;
  /** Messages acknowledged in the measured period. */
  readonly acknowledged: number;
  readonly perSecond: number;
  readonly ack: Percentiles;
  readonly delivery: Percentiles;
  /** Messages checked after the run, warm-up included. */
  readonly checked: number;
  readonly faults: Faults;
  readonly generator: {
    /** The number of cores in use. */
    readonly cpu: number;
    /** The utilization of its event loop. */
    readonly busy: number;
    /** How late messages of an open loop were sent. */
    readonly lateP99: number;
    /** Whether the generator, not the server, limited the run. */
    readonly isBottleneck: boolean;
  };
}
