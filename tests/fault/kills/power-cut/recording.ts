import { readFileSync, rmSync } from 'node:fs';
import { ROOT, strace, type Traced, type Until } from '../traced.js';

const RECORDED = [
  ...['openat', 'write', 'writev', 'pwrite64', 'pwritev', 'ftruncate', 'truncate', 'fsync', 'fdatasync'],
  ...['copy_file_range', 'sendfile', 'rename', 'renameat', 'renameat2', 'link', 'linkat'],
  ...['unlink', 'unlinkat', 'rmdir', 'mkdir', 'mkdirat'],
];

/** How many bytes of a write strace shows: more than any has. */
const LONGEST_WRITE = 4_000_000;

/** A call that has succeeded, as strace shows it. */
export interface RecordedCall {
  readonly name: string;
  readonly args: string;
  readonly result: number;
}

/** Reads the text of a string as strace shows it. */
export function unescaped(text: string): Buffer {
  const named: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, v: 11, f: 12, '"': 34, '\\': 92 };
  const bytes: number[] = [];
  for (const [, octal, hex, letter, plain = ''] of text.matchAll(
    /\\([0-7]{1,3})|\\x([0-9a-f]{2})|\\(.)|([^\\])/gs,
  ))
    bytes.push(
      octal
        ? parseInt(octal, 8)
        : hex
          ? parseInt(hex, 16)
          : letter
            ? (named[letter] ?? 0)
            : plain.charCodeAt(0),
    );
  return Buffer.from(bytes);
}

/** Reads what strace has written of several threads: a call that another one interrupts counts when it ends. */
export function callsIn(log: string): RecordedCall[] {
  const begun = new Map<string, string>();
  const calls: RecordedCall[] = [];
  for (const line of log.split('\n')) {
    const [, thread = '', shown = ''] = /^(\d+)\s+(.*)$/s.exec(line) ?? [];
    const [, start] = /^(.*?) ?<unfinished \.\.\.>$/s.exec(shown) ?? [];
    if (start !== undefined) {
      begun.set(thread, start);
      continue;
    }
    const [, rest] = /^<\.\.\. \w+ resumed>(.*)$/s.exec(shown) ?? [];
    const text = rest === undefined ? shown : (begun.get(thread) ?? '') + rest;
    const [, name, args = '', result = ''] = /^(\w+)\((.*)\)\s+= (-?\d+)/s.exec(text) ?? [];
    if (name !== undefined && Number(result) >= 0) calls.push({ name, args, result: Number(result) });
  }
  return calls;
}

/**
 * Runs a program and records what it and the processes that it starts write.
 * @param log a path for the recording
 * @param until ends a program that does not end by itself
 */
export async function recorded(program: Traced, log: string, until?: Until): Promise<RecordedCall[]> {
  const what = [
    '-f',
    '--seccomp-bpf',
    '-y',
    '-s',
    String(LONGEST_WRITE),
    '-e',
    `trace=${RECORDED.join(',')}`,
  ];
  await strace([...what, '-o', log], program, until);
  const calls = callsIn(readFileSync(log, 'utf8'));
  rmSync(log);
  return calls;
}

/** The file or folder that a call names by its descriptor first. */
export function openFileOf({ args }: RecordedCall): { path: string; isDeleted: boolean } {
  const [, path = '', deleted] = /^\d+<([^>]*)>(\(deleted\))?/.exec(args) ?? [];
  return { path, isDeleted: deleted !== undefined };
}
