import { setTimeout as wait } from 'node:timers/promises';
import { check, type CheckedUpTo } from './check.js';
import type { Crew } from './crew.js';
import { percentiles } from './percentiles.js';
import type { Load, RunResult } from './protocol.js';

/** From this share of time with a busy event loop on, a closed loop is as fast as the generator, not the server. */
const BUSY_LIMIT = 0.9;

/** From this lateness on, in milliseconds, an open loop did not keep its rate. */
const LATE_LIMIT_MS = 10;

const TICK_MS = 1;

/** One run's shape. */
export interface Run {
  readonly load: Load;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

/**
 * Sends for a while, measures in the second part of it, then checks every message.
 * @param mark called when the time that counts begins and ends
 */
export async function run(
  crew: Crew,
  upTo: CheckedUpTo,
  { load, warmUpMs, measureMs }: Run,
  mark: (at: 'measuring' | 'measured') => void,
): Promise<RunResult> {
  crew.reset();
  const late: number[] = [];
  const stop =
    load.kind === 'closed' ? closedLoop(crew, load.inFlight) : openLoop(crew, load.perSecond, late);
  await wait(warmUpMs);
  mark('measuring');
  const [from, cpu, busy] = [performance.now(), process.cpuUsage(), performance.eventLoopUtilization()];
  await wait(measureMs);
  const to = performance.now();
  const used = process.cpuUsage(cpu);
  const share = performance.eventLoopUtilization(busy).utilization;
  mark('measured');
  stop();
  const faults = await check(crew, upTo);
  const measured = [...crew.sent.values()].filter(
    (one) => one.message && one.ackedAt >= from && one.ackedAt < to,
  );
  const lateP99 = percentiles(late).p99;
  const seconds = (to - from) / 1000;
  return {
    seconds,
    acknowledged: measured.length,
    perSecond: measured.length / seconds,
    ack: percentiles(measured.map((one) => one.ackedAt - one.sentAt)),
    delivery: percentiles(
      measured.filter((one) => one.deliveries > 0).map((one) => one.deliveredAt - one.sentAt),
    ),
    checked: crew.sent.size,
    faults,
    generator: {
      cpu: (used.user + used.system) / 1e6 / seconds,
      busy: share,
      lateP99,
      isBottleneck: load.kind === 'closed' ? share > BUSY_LIMIT : lateP99 > LATE_LIMIT_MS,
    },
  };
}

/** Each member keeps so many messages under way. */
function closedLoop(crew: Crew, inFlight: number): () => void {
  let running = true;
  for (const seat of crew.seats) {
    const next = (): void => {
      if (running) crew.send(seat, next);
    };
    for (let i = 0; i < inFlight; i++) next();
  }
  return () => (running = false);
}

/**
 * So many messages a second, one member after the other, whatever the answers. A message's time begins when it
 * leaves: the generator's own lateness is reported, not added; a slow server makes nobody wait here.
 */
function openLoop(crew: Crew, perSecond: number, late: number[]): () => void {
  const start = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    for (let due = start; ; sent++) {
      due = start + (sent * 1000) / perSecond;
      if (due > now) break;
      late.push(now - due);
      const seat = crew.seats[sent % crew.seats.length];
      if (seat) crew.send(seat);
    }
  }, TICK_MS);
  return () => clearInterval(timer);
}
