import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** What one process has used so far. */
export interface ProcessUse {
  readonly pid: number;
  /** Milliseconds of CPU, user and system. */
  readonly cpuMs: number;
  /** Resident memory in MiB. */
  readonly rssMiB: number;
}

/** Linux counts in ticks of 10 ms and pages of 4 KiB on every platform Node runs on there. */
const TICK_MS = 10;
const PAGE_MIB = 4 / 1024;

/**
 * What a process and all that descend from it have used, by what they are.
 * @param root the process id of the first
 * @returns empty where there is no /proc
 */
export function processTree(root: number): Map<string, ProcessUse> {
  const tree = new Map<string, ProcessUse>();
  for (const pid of descendants(root)) {
    const name = nameOf(pid);
    tree.set(name, added(tree.get(name), use(pid)));
  }
  return tree;
}

/** A process and all that descend from it. */
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

/** The CPU that each process used between two looks, in milliseconds. */
export function cpuBetween(
  before: Map<string, ProcessUse>,
  after: Map<string, ProcessUse>,
): Record<string, number> {
  return Object.fromEntries(
    [...after].map(([name, { cpuMs }]) => [name, cpuMs - (before.get(name)?.cpuMs ?? 0)]),
  );
}

/** The CPU that everything on this machine has used so far, in milliseconds. */
export function machineCpuMs(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
}

/** The resident memory of each process of a tree, in MiB. */
export function memoryMiB(root: number): Record<string, number> {
  return Object.fromEntries([...processTree(root)].map(([name, { rssMiB }]) => [name, rssMiB]));
}

/** The resident memory of a whole tree, in MiB. */
export function totalMiB(root: number): number {
  return [...processTree(root).values()].reduce((sum, { rssMiB }) => sum + rssMiB, 0);
}

/**
 * The memory of a whole tree in MiB with what its processes share counted once, whatever else runs on the machine: the
 * private pages of each, and the largest part that one of them shares, which is Node's program and its libraries.
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

/** What a process is; small ones around the others, such as a shell, count with the supervisor. */
function nameOf(pid: number): string {
  const command = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
  const service = /apps\/(auth|chat|gateway)\/src\/main\.js/.exec(command)?.[1];
  return service ?? /nats-server|reference/.exec(command)?.[0] ?? 'supervisor';
}

/** The fields after the command's name, which may itself hold spaces and brackets: 0 is the state. */
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

/** A process may end between being listed and being read. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
