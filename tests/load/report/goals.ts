import { cpuPerMessage, figures, ratio, type BenchResult, type Figure } from '../results.js';

/** A goal with what was measured. */
export interface Goal {
  readonly goal: string;
  readonly measured: string;
  /** Whether it was reached; undefined where this run did not measure it. */
  readonly reached: boolean | undefined;
}

const CLOSED = 'closed, 4 in flight';
const MAIN = 'open, 500/s';

/** Every goal against a result. */
export function goals(result: BenchResult): Goal[] {
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
  const slowestPage = Math.max(...(scenarios?.history ?? []).map(({ read }) => read.p99));
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
    limit(
      `longest wait while ${scenarios?.erasure.messages.toLocaleString('en') ?? 'many'} messages are erased at most 250 ms`,
      scenarios?.erasure.others.ack.max,
      250,
      'ms',
    ),
    limit(
      `a log-in storm of ${storm?.logIns ?? 50} moves the ack p99 by at most 3 ×`,
      storm ? storm.storm.ack.p99 / storm.quiet.ack.p99 : undefined,
      3,
      '×',
    ),
    limit(
      'idle stack at most 350 MiB resident, what its processes share counted once',
      scenarios?.start.idleSharedOnceMiB,
      350,
      'MiB',
    ),
    limit('warm start at most 6 s', scenarios ? scenarios.start.warmMs / 1000 : undefined, 6, 's'),
    {
      goal: 'every acknowledged message arrived once, in order, unchanged, and is in the history',
      measured: `${figures(slices, 'product', CLOSED, ({ result: { checked } }) => checked).count} closed runs and all open ones checked`,
      reached: slices.every(({ result: { faults } }) =>
        Object.values(faults).every((count: number) => count === 0),
      ),
    },
  ];
}
