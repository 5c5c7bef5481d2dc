import {
  cpuPerMessage,
  figures,
  ratio,
  spread,
  total,
  type BenchResult,
  type Figure,
  type RareFigures,
  type SoakMinute,
} from '../results.js';

/** A goal with its measured figure. */
export interface Goal {
  readonly goal: string;
  readonly measured: string;
  /** Whether it was reached; undefined where it was not measured. */
  readonly reached: boolean | undefined;
}

const CLOSED = 'closed, 4 in flight';
const MAIN = 'open, 500/s';
/** How many minutes count as the start and as the end of a soak. */
const SOAK_EDGE = 5;
/** By which factors memory and time may grow between them. */
const SOAK_MEMORY = 1.1;
const SOAK_TIME = 1.5;

/** Returns the medians of a figure over the first and the last minutes of a soak. */
export function soakEdges(
  soak: readonly SoakMinute[],
  figure: (minute: SoakMinute) => number,
): [number, number] {
  const middle = (minutes: readonly SoakMinute[]): number => spread(minutes.map(figure)).median;
  return [middle(soak.slice(0, SOAK_EDGE)), middle(soak.slice(-SOAK_EDGE))];
}

/** Returns the memory of all processes in a minute of a soak, in MiB. */
export function soakMiB({ mib }: SoakMinute): number {
  return total(mib);
}

function soakGoal(soak: readonly SoakMinute[]): Goal {
  const goal = 'nothing grows in a soak of 30 minutes';
  if (soak.length < 2 * SOAK_EDGE) return { goal, measured: 'not measured', reached: undefined };
  const memory = soakEdges(soak, soakMiB);
  const time = soakEdges(soak, ({ ack }) => ack.p99);
  return {
    goal,
    measured: `${soak.length} minutes: ${memory.map((mib) => mib.toFixed(0)).join(' to ')} MiB, ack p99 ${time.map((ms) => ms.toFixed(1)).join(' to ')} ms`,
    reached: memory[1] <= SOAK_MEMORY * memory[0] && time[1] <= SOAK_TIME * time[0],
  };
}

/** Compares a result with every goal. */
export function goals(result: BenchResult, { long, soak }: RareFigures): Goal[] {
  const { slices, scenarios } = result;
  const compare = (goal: string, load: string, figure: Figure, fits: (median: number) => boolean): Goal => {
    const { median, low, high, count } = ratio(slices, load, figure);
    if (count === 0) return { goal, measured: 'not measured', reached: undefined };
    const measured = `${median.toFixed(2)} × (${low.toFixed(2)} to ${high.toFixed(2)})`;
    return { goal, measured, reached: fits(median) };
  };
  const limit = (goal: string, value: number | undefined, most: number, unit: string): Goal =>
    value === undefined || Number.isNaN(value)
      ? { goal, measured: 'not measured', reached: undefined }
      : { goal, measured: `${value.toFixed(value < 10 ? 2 : 0)} ${unit}`, reached: value <= most };
  const sockets = (['product', 'reference'] as const).map((server) =>
    scenarios?.sockets.findLast((one) => one.server === server),
  );
  const [product, reference] = sockets;
  const slowestPage = Math.max(
    ...[scenarios, long].flatMap((one) => one?.history ?? []).map(({ read }) => read.p99),
  );
  const erasures = [scenarios, long].flatMap((one) => (one ? [one.erasure] : []));
  const storm = scenarios?.logInStorm;
  return [
    compare(
      'throughput at least 1.0 × the reference',
      CLOSED,
      ({ result: { perSecond } }) => perSecond,
      (m) => m >= 1,
    ),
    compare(
      'ack p50 at 500/s at most 1.5 ×',
      MAIN,
      ({ result: { ack } }) => ack.p50,
      (m) => m <= 1.5,
    ),
    compare(
      'ack p99 at 500/s at most 1.5 ×',
      MAIN,
      ({ result: { ack } }) => ack.p99,
      (m) => m <= 1.5,
    ),
    compare('CPU per message at most 2 ×, closed loop', CLOSED, cpuPerMessage, (m) => m <= 2),
    limit(
      `memory per idle socket at most 1.5 × (${product?.sockets ?? 0} sockets)`,
      product && reference ? product.kibPerSocket / reference.kibPerSocket : undefined,
      1.5,
      '×',
    ),
    limit('history page p99 at most 10 ms at every size', scenarios ? slowestPage : undefined, 10, 'ms'),
    ...erasures.map(({ messages, others }) =>
      limit(
        `longest wait while ${messages.toLocaleString('en')} messages are erased at most 250 ms`,
        others.ack.max,
        250,
        'ms',
      ),
    ),
    limit(
      `a log-in storm of ${storm?.logIns ?? 50} moves the ack p99 by at most 3 ×`,
      storm ? storm.storm.ack.p99 / storm.quiet.ack.p99 : undefined,
      3,
      '×',
    ),
    limit(
      'idle stack at most 350 MiB resident, all processes added up',
      scenarios ? total(scenarios.start.idleMiB) : undefined,
      350,
      'MiB',
    ),
    limit('warm start at most 6 s', scenarios ? scenarios.start.warmMs / 1000 : undefined, 6, 's'),
    limit('JavaScript of the first page at most 130 kB compressed', result.initialJsBytes / 1_000, 130, 'kB'),
    soakGoal(soak?.minutes ?? []),
    {
      goal: 'every acknowledged message arrived once, in order, unchanged, and is in the history',
      measured: `${figures(slices, 'product', CLOSED, ({ result: { checked } }) => checked).count} closed runs and all open ones checked`,
      reached: slices.every(({ result: { faults } }) =>
        Object.values(faults).every((count: number) => count === 0),
      ),
    },
  ];
}
