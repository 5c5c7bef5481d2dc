import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** The resources that a process has used so far. */
export interface ProcessUse {
  readonly pid: number;
  /** CPU time (user and system) in milliseconds. */
  readonly cpuMs: number;
  /** Resident memory in MiB. */
  readonly rssMiB: number;
}

/** Linux uses ticks of 10 ms and pages of 4 KiB on the platforms of Node. */
const TICK_MS = 10;
const PAGE_MIB = 4 / 1024;

/**
 * Returns the use of a process and its descendants, by name.
 * @param root the id of the process
 * @returns an empty map without /proc
 */
export function processTree(root: number): Map<string, ProcessUse> {
  const tree = new Map<string, ProcessUse>();
  for (const pid of descendants(root)) {
    const name = nameOf(pid);
    tree.set(name, added(tree.get(name), use(pid)));
  }
  return tree;
}

/** Returns the ids of a process and its descendants. */
function descendants(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of list('/proc')) {
    const stat = /^\d+$/.test(name) ? read(`/proc/${name}/stat`) : '';
    if (stat) parents.set(Number(name), Number(fields(stat)[1]));
  }
  return [...parents.keys()].filter((pid) => {
    let ancestor: number | undefined = pid;
    while (ancestor !== undefined && ancestor !== root) ancestor = parents.get(ancestor);
    return ancestor === root;
  });
}

function added(one: ProcessUse | undefined, other: ProcessUse): ProcessUse {
  return one ? { pid: one.pid, cpuMs: one.cpuMs + other.cpuMs, rssMiB: one.rssMiB + other.rssMiB } : other;
}

/** Returns the CPU time of each process between two measurements, in milliseconds. */
export function cpuBetween(
  before: Map<string, ProcessUse>,
  after: Map<string, ProcessUse>,
): Record<string, number> {
  return Object.fromEntries(
    [...after].map(([name, { cpuMs }]) => [name, cpuMs - (before.get(name)?.cpuMs ?? 0)]),
  );
}

/** Returns the CPU time of the whole machine so far, in milliseconds. */
export function machineCpuMs(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
}

/** Returns the resident memory of each process of a tree, in MiB. */
export function memoryMiB(root: number): Record<string, number> {
  return Object.fromEntries([...processTree(root)].map(([name, { rssMiB }]) => [name, rssMiB]));
}

/** Returns the resident memory of a tree, in MiB. */
export function totalMiB(root: number): number {
  return [...processTree(root).values()].reduce((sum, { rssMiB }) => sum + rssMiB, 0);
}

/**
 * Returns the memory of a tree in MiB with shared pages counted once: the private pages of each process, and the largest
 * shared part of one of them, which is Node's program and its libraries.
 */
export function sharedOnceMiB(root: number): number {
  const parts = descendants(root).map((pid) => {
    const kib = { Private: 0, Shared: 0 };
    for (const [, kind, size] of read(`/proc/${pid}/smaps_rollup`).matchAll(
      /^(Private|Shared)_(?:Clean|Dirty):\s+(\d+)/gm,
    ))
      kib[kind as keyof typeof kib] += Number(size);
    return kib;
  });
  const apart = parts.reduce((sum, { Private: kib }) => sum + kib, 0);
  return (apart + Math.max(0, ...parts.map(({ Shared: kib }) => kib))) / 1024;
}

function use(pid: number): ProcessUse {
  const stat = fields(read(`/proc/${pid}/stat`));
  const [, resident = '0'] = read(`/proc/${pid}/statm`).split(' ');
  return { pid, cpuMs: (Number(stat[11]) + Number(stat[12])) * TICK_MS, rssMiB: Number(resident) * PAGE_MIB };
}

/** Returns the name of a process. Helper processes such as shells count as the supervisor. */
function nameOf(pid: number): string {
  const command = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
  const service = /apps\/(auth|chat|gateway)\/src\/main\.js/.exec(command)?.[1];
  return service ?? /nats-server|reference/.exec(command)?.[0] ?? 'supervisor';
}

/** Returns the fields of /proc/PID/stat after the command's name, which may contain spaces and brackets. */
function fields(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Reads a file of a process, which may have exited since it was listed. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
