// A copy of a database that is in use. An erasure is never kept waiting: the copy is given up and begun again.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ROOT, Unfit } from '../project.mjs';
import { sync } from '../../libs/platform/src/files/durable-files.mjs';
import { progress, say } from './files.mjs';

const PROGRAM = join(ROOT, 'tools/backup/vacuum-into.mjs');

/** How often it is looked whether an erasure waits, in milliseconds. */
const LOOK_MS = 25;

/** How often a copy is begun before erasures are said to leave no time for it, and how long one waits in between. */
const TRIES = 40;
const PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/** @param {string} path */
const stat = (path) => statSync(path, { throwIfNoEntry: false });

/**
 * Copies a database as it is at one moment, with nothing in it but what it holds then.
 * @param {string} source
 * @param {string} target must not be there
 * @returns {Promise<string[]>} the names of the migrations that made it, the oldest first
 * @throws {Unfit} when it cannot be copied
 */
export async function snapshot(source, target) {
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

/**
 * @param {string} source
 * @param {string} target
 * @returns {Promise<string[] | undefined>} undefined when an erasure came first
 */
async function attempt(source, target) {
  // The services write this file anew whenever an erasure meets a reader (libs/platform/src/database/scrubber.ts).
  const asked = () => stat(`${source}-erasure-waits`)?.mtimeMs;
  const askedBefore = asked();
  const tell = progress(`${basename(source)}: copying`, stat(source)?.size ?? 0);
  const child = spawn(process.execPath, [PROGRAM, source, target], { stdio: ['ignore', 'pipe', 'pipe'] });
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  let output = '';
  let problem = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  child.stderr.on('data', (chunk) => (problem += String(chunk)));
  let interrupted = false;
  const look = setInterval(() => {
    tell(stat(target)?.size ?? 0);
    if (asked() === askedBefore) return;
    interrupted = true;
    end();
  }, LOOK_MS);
  const [code] = await once(child, 'close');
  clearInterval(look);
  process.off('exit', end);
  if (code === 0) return JSON.parse(output);
  if (interrupted) return undefined;
  const [, line = 'the copy was ended'] = /^(?:SqliteError|\w*Error): (.*)$/m.exec(problem) ?? [];
  throw new Unfit(`${basename(source)} cannot be backed up: ${line}`);
}
