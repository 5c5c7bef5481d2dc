import { setTimeout as wait } from 'node:timers/promises';
import { check, type CheckedUpTo } from './check.js';
import type { LoadUsers } from './load-users.js';
import { percentiles } from './percentiles.js';
import type { Load, RunResult } from './protocol.js';

/** From this event-loop utilization on, the generator limits a closed loop. */
const BUSY_LIMIT = 0.9;

/** From this lateness (p99, in milliseconds) on, the generator has not kept the rate of an open loop. */
const LATE_LIMIT_MS = 10;

const TICK_MS = 1;

/** The parameters of a run. */
export interface Run {
  readonly load: Load;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

/**
 * Sends messages, measures after a warm-up, and checks every message.
 * @param mark called at the beginning and the end of the measured period
 */
export async function run(
  users: LoadUsers,
  upTo: CheckedUpTo,
  { load, warmUpMs, measureMs }: Run,
  mark: (at: 'measuring' | 'measured') => void,
): Promise<RunResult> {
  users.reset();
  const late: number[] = [];
  const stop =
    load.kind === 'closed' ? closedLoop(users, load.inFlight) : openLoop(users, load.perSecond, late);
  await wait(warmUpMs);
  mark('measuring');
  const [from, cpu, busy] = [performance.now(), process.cpuUsage(), performance.eventLoopUtilization()];
  await wait(measureMs);
  const to = performance.now();
  const used = process.cpuUsage(cpu);
  const share = performance.eventLoopUtilization(busy).utilization;
  mark('measured');
  stop();
  const faults = await check(users, upTo);
  const measured = [...users.sent.values()].filter(
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
    checked: users.sent.size,
    faults,
    generator: {
      cpu: (used.user + used.system) / 1e6 / seconds,
      busy: share,
      lateP99,
      isBottleneck: load.kind === 'closed' ? share > BUSY_LIMIT : lateP99 > LATE_LIMIT_MS,
    },
  };
}

/** Keeps `inFlight` messages of each member under way. */
function closedLoop(users: LoadUsers, inFlight: number): () => void {
  let running = true;
  for (const connection of users.connections) {
    const next = (): void => {
      if (running) users.send(connection, next);
    };
    for (let i = 0; i < inFlight; i++) next();
  }
  return () => (running = false);
}

/**
 * Sends messages at a fixed rate, from one member after the other, without waiting for answers. The latency of a message
 * begins when it is sent: the lateness of the generator is reported separately.
 */
function openLoop(users: LoadUsers, perSecond: number, late: number[]): () => void {
  const start = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    for (let due = start; ; sent++) {
      due = start + (sent * 1000) / perSecond;
      if (due > now) break;
      late.push(now - due);
      const connection = users.connections[sent % users.connections.length];
      if (connection) users.send(connection);
    }
  }, TICK_MS);
  return () => clearInterval(timer);
}
