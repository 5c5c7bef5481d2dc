import { setTimeout as pause } from 'node:timers/promises';
import type { ServiceName, Stack } from '@app/testing';

/** A fault that is really done to a process. */
export interface Fault {
  readonly name: string;
  readonly strike: (stack: Stack) => Promise<void>;
}

const PAUSE_MS = 1_500;

const kill = (name: ServiceName, signal: NodeJS.Signals): Fault => ({
  name: `${signal} ${name}`,
  strike: async (stack) => {
    await stack.services[name].end(signal);
    await stack.restart(name);
  },
});

const freeze = (name: ServiceName): Fault => ({
  name: `SIGSTOP ${name}`,
  strike: async (stack) => {
    stack.services[name].signal('SIGSTOP');
    await pause(PAUSE_MS);
    stack.services[name].signal('SIGCONT');
    await stack.ready();
  },
});

/** The kinds of faults. */
export const FAULTS: readonly Fault[] = [
  kill('gateway', 'SIGKILL'),
  kill('chat', 'SIGKILL'),
  kill('auth', 'SIGKILL'),
  kill('gateway', 'SIGTERM'),
  kill('chat', 'SIGTERM'),
  freeze('gateway'),
  freeze('chat'),
  {
    name: 'SIGKILL nats',
    strike: async (stack) => {
      await stack.nats.kill();
      await stack.nats.up();
      await stack.ready();
    },
  },
  {
    name: 'SIGSTOP nats',
    strike: async (stack) => {
      stack.nats.signal('SIGSTOP');
      await pause(PAUSE_MS);
      stack.nats.signal('SIGCONT');
      await stack.ready();
    },
  },
];

/**
 * The faults of a run, each kind once before any comes again, in an order that the seed decides.
 * @param seed any whole number
 * @param count how many
 */
export function faultsOf(seed: number, count: number): Fault[] {
  let state = seed >>> 0;
  const random = (below: number): number => {
    // The generator of Numerical Recipes: enough to mix an order, and the same everywhere.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const chosen: Fault[] = [];
  while (chosen.length < count) {
    const round = [...FAULTS];
    while (round.length > 0) chosen.push(...round.splice(random(round.length), 1));
  }
  return chosen.slice(0, count);
}
