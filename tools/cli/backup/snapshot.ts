import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, statSync, type Stats } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { sync } from '../../../libs/platform/src/files/durable-files.mjs';
import { Unfit } from '../../project.mjs';
import { progress, say } from '../progress.js';

const PROGRAM = join(import.meta.dirname, 'vacuum-into.mjs');

/** How often it is checked whether an erasure waits, in milliseconds. */
const CHECK_EVERY_MS = 25;

/** How often a copy is begun before the backup gives up because of erasures, and the pauses in between. */
const TRIES = 40;
const PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

const stat = (path: string): Stats | undefined => statSync(path, { throwIfNoEntry: false });

/**
 * Copies a database that is in use as it is at one moment, with nothing in the copy but what the database holds then.
 * An erasure is never kept waiting: the copy is given up and begun again.
 * @param target must not be there
 * @returns the names of the migrations that made it, the oldest first
 * @throws {Unfit} when it cannot be copied
 */
export async function snapshot(source: string, target: string): Promise<string[]> {
  for (let tries = 1; tries <= TRIES; tries += 1) {
    for (const suffix of ['', '-journal', '-wal']) rmSync(target + suffix, { force: true });
    const migrations = await attempt(source, target);
    if (migrations !== undefined) {
      // SQLite does not wait until the copy is on disk.
      sync(target);
      return migrations;
    }
    say(`${basename(source)}: begun again, to let an erasure pass`);
    await pause(Math.min(tries * PAUSE_MS, LONGEST_PAUSE_MS));
  }
  throw new Unfit(`${basename(source)}: erasures leave no time for a backup; try again when less is deleted`);
}

/** Copies it once; returns undefined when an erasure came first. */
async function attempt(source: string, target: string): Promise<string[] | undefined> {
  // The services write this file anew whenever an erasure meets a reader (libs/platform/src/database/scrubber.ts).
  const erasureWaits = (): number | undefined => stat(`${source}-erasure-waits`)?.mtimeMs;
  const before = erasureWaits();
  const report = progress(`${basename(source)}: copying`, stat(source)?.size ?? 0);
  const child = spawn(process.execPath, [PROGRAM, source, target], { stdio: ['ignore', 'pipe', 'pipe'] });
  const end = (): unknown => child.kill('SIGKILL');
  process.once('exit', end);
  let output = '';
  let problem = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  child.stderr.on('data', (chunk) => (problem += String(chunk)));
  let interrupted = false;
  const check = setInterval(() => {
    report(stat(target)?.size ?? 0);
    if (erasureWaits() === before) return;
    interrupted = true;
    end();
  }, CHECK_EVERY_MS);
  const [code] = (await once(child, 'close')) as [number | null];
  clearInterval(check);
  process.off('exit', end);
  if (code === 0) return JSON.parse(output) as string[];
  if (interrupted) return undefined;
  const [, line = 'the copy was ended'] = /^(?:SqliteError|\w*Error): (.*)$/m.exec(problem) ?? [];
  throw new Unfit(`${basename(source)} cannot be backed up: ${line}`);
}
