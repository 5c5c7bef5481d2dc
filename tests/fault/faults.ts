import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ServiceName, Stack } from '@app/testing';
import type { FaultyProxy } from './faulty-proxy.js';

/** The parts of a test that faults affect. */
export interface Target {
  readonly stack: Stack;
  readonly proxy: FaultyProxy;
}

/** A fault of a process, the network or a disk. */
export interface Fault {
  readonly name: string;
  /** Starts the fault. Resolves once it has taken effect. */
  readonly begin: (target: Target) => unknown;
  /** How long the fault lasts, in milliseconds. */
  readonly durationMs: number;
  /** Ends the fault. The recovery time is measured from here. */
  readonly end: (target: Target) => unknown;
}

const PAUSE_MS = 1_500;
/** Longer than the client needs to notice a silence. */
const SILENCE_MS = 6_000;
const DELAY_MS = 150;
/** The name of the file that fills a disk. */
export const FILLER = 'filler';
const MEBIBYTE = 1_048_576;

const terminate = (name: ServiceName, signal: NodeJS.Signals): Fault => ({
  name: `${signal} ${name}`,
  begin: ({ stack }) => stack.services[name].end(signal),
  durationMs: 0,
  end: ({ stack }) => stack.services[name].start(),
});

const freeze = (name: ServiceName): Fault => ({
  name: `SIGSTOP ${name}`,
  begin: ({ stack }) => stack.services[name].signal('SIGSTOP'),
  durationMs: PAUSE_MS,
  end: ({ stack }) => stack.services[name].signal('SIGCONT'),
});

/** The faults that need no root privileges. */
export const FAULTS: readonly Fault[] = [
  terminate('gateway', 'SIGKILL'),
  terminate('chat', 'SIGKILL'),
  terminate('auth', 'SIGKILL'),
  terminate('gateway', 'SIGTERM'),
  terminate('chat', 'SIGTERM'),
  terminate('auth', 'SIGTERM'),
  freeze('gateway'),
  freeze('chat'),
  freeze('auth'),
  {
    name: 'SIGKILL nats',
    begin: ({ stack }) => stack.nats.kill(),
    durationMs: PAUSE_MS,
    end: ({ stack }) => stack.nats.up(),
  },
  {
    name: 'SIGSTOP nats',
    begin: ({ stack }) => stack.nats.signal('SIGSTOP'),
    durationMs: PAUSE_MS,
    end: ({ stack }) => stack.nats.signal('SIGCONT'),
  },
  {
    name: 'connections cut',
    begin: ({ proxy }) => proxy.cut(),
    durationMs: 0,
    end: () => undefined,
  },
  {
    name: 'connections delayed',
    begin: ({ proxy }) => (proxy.delayMs = DELAY_MS),
    durationMs: 2 * PAUSE_MS,
    end: ({ proxy }) => (proxy.delayMs = 0),
  },
  {
    name: 'connections silent',
    begin: ({ proxy }) => (proxy.silent = true),
    durationMs: SILENCE_MS,
    // The streams lack the discarded data, so they cannot continue.
    end: ({ proxy }) => {
      proxy.silent = false;
      proxy.cut();
    },
  },
];

/**
 * Returns the fault of a full disk.
 * @param dataDir on a small file system, which the fault fills completely
 */
export function diskFull(dataDir: string): Fault {
  const filler = join(dataDir, FILLER);
  return {
    name: 'disk full',
    begin: () => fill(filler),
    durationMs: 2 * PAUSE_MS,
    end: () => rmSync(filler),
  };
}

/** Fills a disk completely with one file. */
export function fill(path: string): void {
  const file = openSync(path, 'w');
  try {
    for (let size = MEBIBYTE; size >= 1;) {
      try {
        writeSync(file, Buffer.alloc(size));
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
        size = Math.floor(size / 2);
      }
    }
  } finally {
    closeSync(file);
  }
}

/** Starts a fault and waits for its duration. */
export async function inject(fault: Fault, target: Target): Promise<void> {
  await fault.begin(target);
  if (fault.durationMs > 0) await pause(fault.durationMs);
}

/**
 * Creates a seeded random number generator.
 * @returns a function that returns an integer from 0 to `below` - 1
 */
export function seededRandom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    // The linear congruential generator of Numerical Recipes.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/**
 * Returns the faults of a run in random order, each kind once before any repeats.
 * @param count how many faults to return
 */
export function shuffledFaults(
  kinds: readonly Fault[],
  count: number,
  random: (below: number) => number,
): readonly Fault[] {
  const chosen: Fault[] = [];
  while (chosen.length < count) {
    const round = [...kinds];
    while (round.length > 0) chosen.push(...round.splice(random(round.length), 1));
  }
  return chosen.slice(0, count);
}
