import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ServiceName, Stack } from '@app/testing';
import type { CrookedWay } from './crooked-way.js';

/** What faults are done to. */
export interface Target {
  readonly stack: Stack;
  readonly way: CrookedWay;
}

/** A fault that is really done to a process, the network or a disk. */
export interface Fault {
  readonly name: string;
  /** Begins it; resolves once it has struck. */
  readonly strike: (target: Target) => unknown;
  /** How long it lasts before it is lifted, in milliseconds: a duration is what these faults are. */
  readonly lastsMs: number;
  /** Begins to put things right: from here on the time of the recovery is taken. */
  readonly lift: (target: Target) => unknown;
}

const PAUSE_MS = 1_500;
/** Longer than the client needs to notice a silence. */
const SILENCE_MS = 6_000;
const DELAY_MS = 150;
/** The name of the file that fills a disk. */
export const FILLER = 'filler';
const MEBIBYTE = 1_048_576;

const end = (name: ServiceName, signal: NodeJS.Signals): Fault => ({
  name: `${signal} ${name}`,
  strike: ({ stack }) => stack.services[name].end(signal),
  lastsMs: 0,
  lift: ({ stack }) => stack.services[name].start(),
});

const freeze = (name: ServiceName): Fault => ({
  name: `SIGSTOP ${name}`,
  strike: ({ stack }) => stack.services[name].signal('SIGSTOP'),
  lastsMs: PAUSE_MS,
  lift: ({ stack }) => stack.services[name].signal('SIGCONT'),
});

/** Every kind of fault that needs no rights of its own. */
export const FAULTS: readonly Fault[] = [
  end('gateway', 'SIGKILL'),
  end('chat', 'SIGKILL'),
  end('auth', 'SIGKILL'),
  end('gateway', 'SIGTERM'),
  end('chat', 'SIGTERM'),
  end('auth', 'SIGTERM'),
  freeze('gateway'),
  freeze('chat'),
  freeze('auth'),
  {
    name: 'SIGKILL nats',
    strike: ({ stack }) => stack.nats.kill(),
    lastsMs: PAUSE_MS,
    lift: ({ stack }) => stack.nats.up(),
  },
  {
    name: 'SIGSTOP nats',
    strike: ({ stack }) => stack.nats.signal('SIGSTOP'),
    lastsMs: PAUSE_MS,
    lift: ({ stack }) => stack.nats.signal('SIGCONT'),
  },
  {
    name: 'connections cut',
    strike: ({ way }) => way.cut(),
    lastsMs: 0,
    lift: () => undefined,
  },
  {
    name: 'connections delayed',
    strike: ({ way }) => (way.delayMs = DELAY_MS),
    lastsMs: 2 * PAUSE_MS,
    lift: ({ way }) => (way.delayMs = 0),
  },
  {
    name: 'connections silent',
    strike: ({ way }) => (way.silent = true),
    lastsMs: SILENCE_MS,
    // What was swallowed is missing from these streams: like a network that is back, under other addresses.
    lift: ({ way }) => {
      way.silent = false;
      way.cut();
    },
  },
];

/**
 * The disk of the data folder is full.
 * @param dataDir on a small file system of the test's own: it is filled to its last byte
 */
export function diskFull(dataDir: string): Fault {
  const filler = join(dataDir, FILLER);
  return {
    name: 'disk full',
    strike: () => fill(filler),
    lastsMs: 2 * PAUSE_MS,
    lift: () => rmSync(filler),
  };
}

/** Fills a disk to its last byte with one file. */
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

/** Does a fault; resolves when it is time to lift it. */
export async function afflict(fault: Fault, target: Target): Promise<void> {
  await fault.strike(target);
  if (fault.lastsMs > 0) await pause(fault.lastsMs);
}

/**
 * Numbers that are the same for the same seed.
 * @param seed any whole number
 * @returns a function that gives a whole number from 0 to `below` - 1
 */
export function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    // The generator of Numerical Recipes: enough to mix an order, and the same everywhere.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/**
 * The faults of a run, each kind once before any comes again, in an order that chance decides.
 * @param kinds what to choose from
 * @param count how many
 */
export function faultsOf(
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
