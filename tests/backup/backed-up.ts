import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import Database from 'better-sqlite3';

const ROOT = resolve(import.meta.dirname, '../..');

/** The exit code and output of a command. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process of `npm run backup` or `npm run restore`. */
export class Command {
  readonly child: ChildProcess;
  stderr = '';
  private stdout = '';

  /** Starts it with the given settings and no others. */
  constructor(
    name: 'backup' | 'restore',
    args: readonly string[],
    settings: Readonly<Record<string, string>>,
  ) {
    const { PATH = '', HOME = '' } = process.env;
    this.child = spawn(process.execPath, ['tools/secure-chat.mjs', name, ...args], {
      cwd: ROOT,
      env: { PATH, HOME, ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.on('data', (chunk) => (this.stdout += String(chunk)));
    this.child.stderr?.on('data', (chunk) => (this.stderr += String(chunk)));
  }

  /** Resolves when it has exited. */
  async ended(): Promise<Ended> {
    const { child } = this;
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
    return { code: child.exitCode, stdout: this.stdout, stderr: this.stderr };
  }
}

/** Returns the paths of all files below a folder. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Returns the permission bits of a folder and of everything below it. */
export function modesBelow(folder: string): { files: Set<number>; folders: Set<number> } {
  const mode = (path: string): number => statSync(path).mode & 0o777;
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const pathsOf = (wanted: boolean): string[] =>
    entries
      .filter((entry) => entry.isDirectory() === wanted)
      .map(({ parentPath, name }) => join(parentPath, name));
  return {
    files: new Set(pathsOf(false).map(mode)),
    folders: new Set([folder, ...pathsOf(true)].map(mode)),
  };
}

/** Returns how many different 16-byte pieces of some secrets are in the files below a folder. */
export function piecesBelow(folder: string, secrets: readonly Buffer[]): number {
  const wanted = new Set<string>();
  for (const secret of secrets)
    for (let i = 0; i + 16 <= secret.length; i += 16) wanted.add(secret.toString('latin1', i, i + 16));
  const found = new Set<string>();
  for (const file of filesBelow(folder)) {
    const text = readFileSync(file).toString('latin1');
    for (let i = 0; i + 16 <= text.length; i++) {
      const piece = text.slice(i, i + 16);
      if (wanted.has(piece)) found.add(piece);
    }
  }
  return found.size;
}

/** Returns the values of a query with one column of bytes or text. */
export function valuesIn(file: string, sql: string, ...values: unknown[]): Buffer[] {
  const db = new Database(file, { readonly: true, timeout: 5_000 });
  try {
    const statement = db.prepare(sql).pluck();
    kept.push(statement);
    return (statement.all(...values) as (Buffer | string)[]).map((value) => Buffer.from(value));
  } finally {
    db.close();
  }
}

/** Keeps the statements, because Node 24 may abort when it collects one. */
const kept: unknown[] = [];

/** Returns the bytes of an id as upper-case hex. */
export const hexOf = (id: string): string => id.replaceAll('-', '').toUpperCase();
