import { execFile, spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** The folder of the project. */
export const ROOT = join(import.meta.dirname, '../../..');

/** How long a program may run under strace, and how often it is looked at, in milliseconds. */
const LONGEST_RUN_MS = 120_000;
const LOOK_MS = 50;

/** The system calls that change what is on a disk. */
const WRITES = [
  ...['write', 'pwrite64', 'writev', 'pwritev', 'ftruncate', 'truncate', 'fallocate', 'fsync', 'fdatasync'],
  ...['rename', 'renameat', 'renameat2', 'link', 'linkat', 'unlink', 'unlinkat', 'mkdir', 'mkdirat', 'rmdir'],
  ...['chmod', 'fchmod', 'fchmodat', 'chown', 'fchown', 'fchownat', 'openat'],
];

/**
 * What strace is to show: paths, enough of each string, no program that this one starts. Only calls that are traced
 * stop a thread (seccomp): that needs `-f`, and with it each thread counts its own calls.
 */
const SHOWN = ['-f', '--seccomp-bpf', '-b', 'execve', '-y', '-s', '256'];

/** Returns the lines of the main thread without its number: its call that starts the program is the first. */
function mainThreadOf(log: string): string[] {
  const lines = log.split('\n').map((line) => /^(\d+)\s+(.*)$/.exec(line) ?? []);
  const main = lines[0]?.[1];
  return lines.flatMap(([, thread, text = '']) => (thread === main ? [text] : []));
}

/** One call of a process that writes in a folder: the nth of its name. */
export interface WritingCall {
  readonly name: string;
  readonly nth: number;
  /** The path of what it writes to. */
  readonly file: string;
  /** What strace shows of it. */
  readonly text: string;
}

/** A program that is run under strace, for its first process and thread. */
export interface Traced {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Whether a program that does not end by itself has done its own part; `output` is what it has said so far. */
export type Until = (output: string) => boolean;

/** How a run under strace ended. */
interface Ended {
  readonly output: string;
  /** Whether it was ended because it took too long. */
  readonly isLate: boolean;
}

/** How a run ended in which a call was struck. */
export interface Struck extends Ended {
  /**
   * What strace shows of the struck call. It need not be the one that was asked for: how often a program wakes its own
   * threads differs from run to run.
   */
  readonly text: string;
}

/** Whether there is strace on this machine: without it these tests cannot be made. */
export const hasStrace = (): boolean => spawnSync('strace', ['-V']).status === 0;

/** Runs a program under strace to its end. */
export function strace(options: readonly string[], { args, env }: Traced, until?: Until): Promise<Ended> {
  const { PATH = '', HOME = '' } = process.env;
  return new Promise((done) => {
    const end = Date.now() + LONGEST_RUN_MS;
    let output = '';
    let isLate = false;
    const hear = (chunk: unknown): void => {
      output += String(chunk);
    };
    const child = execFile(
      'strace',
      ['-qq', ...options, process.execPath, ...args],
      { cwd: ROOT, env: { PATH, HOME, ...env }, maxBuffer: 64 * 1024 * 1024 },
      () => {
        clearInterval(look);
        done({ output, isLate });
      },
    );
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    // What waits for others is ended once it has done its own part.
    const look = setInterval(() => {
      isLate ||= Date.now() > end;
      if (isLate || until?.(output)) spawnSync('pkill', ['-9', '-P', String(child.pid)]);
    }, LOOK_MS);
  });
}

/**
 * Runs a program and lists the calls of its main thread that write in a folder, in their order.
 * @param until ends a program that does not end by itself
 */
export async function callsOf(program: Traced, folder: string, until?: Until): Promise<WritingCall[]> {
  const log = logBeside(folder);
  await strace([...SHOWN, '-o', log, '-e', `trace=execve,${WRITES.join(',')}`], program, until);
  const counts = new Map<string, number>();
  const calls: WritingCall[] = [];
  for (const text of mainThreadOf(readFileSync(log, 'utf8'))) {
    const [, name] = /^(\w+)\(/.exec(text) ?? [];
    if (name === undefined) continue;
    const nth = (counts.get(name) ?? 0) + 1;
    counts.set(name, nth);
    const writes = name !== 'openat' || /O_CREAT|O_TRUNC/.test(text);
    if (!writes || !text.includes(folder)) continue;
    const [file = ''] = /\/[^>"]*/.exec(text.slice(text.indexOf(folder))) ?? [];
    calls.push({ name, nth, file, text });
  }
  rmSync(log);
  return calls;
}

/** Runs a program that is killed in the place of a call. */
export function killedAt(program: Traced, call: WritingCall, folder: string, until?: Until): Promise<Struck> {
  return struckAt(program, call, 'signal=SIGKILL', folder, until);
}

/** Runs a program one of whose calls fails as on a full disk. */
export function failingAt(
  program: Traced,
  call: WritingCall,
  folder: string,
  until?: Until,
): Promise<Struck> {
  return struckAt(program, call, 'error=ENOSPC', folder, until);
}

async function struckAt(
  program: Traced,
  { name, nth }: WritingCall,
  how: string,
  folder: string,
  until?: Until,
): Promise<Struck> {
  const log = logBeside(folder);
  const options = [...SHOWN, '-o', log, '-e', `trace=execve,${name}`];
  const ended = await strace([...options, '-e', `inject=${name}:${how}:when=${nth}`], program, until);
  const calls = mainThreadOf(readFileSync(log, 'utf8')).filter((line) => line.startsWith(`${name}(`));
  rmSync(log);
  return { ...ended, text: calls[nth - 1] ?? '' };
}

const logBeside = (folder: string): string => `${folder}.calls`;
