import type { Member } from '../servers/server-under-load.js';
import type { Percentiles } from './percentiles.js';

/** How messages come: so many under way per member, or so many a second in all. */
export type Load =
  | { readonly kind: 'closed'; readonly inFlight: number }
  | { readonly kind: 'open'; readonly perSecond: number };

/** What the bench tells the generator. A crew is a set of connections with a name. */
export type Order =
  | {
      readonly kind: 'connect';
      readonly crew: string;
      readonly url: string;
      readonly members: readonly Member[];
    }
  | {
      readonly kind: 'run';
      readonly crew: string;
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

/** What the generator tells the bench: `measuring` and `measured` frame the time that counts. */
export type Report =
  | { readonly kind: 'done'; readonly ms: number }
  | { readonly kind: 'measuring' }
  | { readonly kind: 'measured' }
  | { readonly kind: 'ran'; readonly result: RunResult }
  | { readonly kind: 'failed'; readonly reason: string };

/** What was wrong after a run; all zero when every promise was kept. */
export interface Faults {
  /** Never answered within 10 s after the last send. */
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
  /** Places of the history without one message. */
  readonly gaps: number;
}

/**
 * Refuses a run in which a promise was broken.
 * @throws {Error} that says what was wrong
 */
export function assertFaultless({ faults }: Pick<RunResult, 'faults'>, run: string): void {
  if (Object.values(faults).some((count: number) => count > 0))
    throw new Error(`${run}: ${JSON.stringify(faults)}`);
}

/** One run's outcome; times in milliseconds. */
export interface RunResult {
  readonly seconds: number;
  /** Acknowledged within the time that counts. */
  readonly acknowledged: number;
  readonly perSecond: number;
  readonly ack: Percentiles;
  readonly delivery: Percentiles;
  /** Messages checked after the run, warm-up included. */
  readonly checked: number;
  readonly faults: Faults;
  readonly generator: {
    /** Cores in use, 1 is one core. */
    readonly cpu: number;
    /** The share of time its event loop was busy. */
    readonly busy: number;
    /** How late messages left in an open loop. */
    readonly lateP99: number;
    /** Whether the generator, not the server, set the figures. */
    readonly isBottleneck: boolean;
  };
}
