// npm run keys:rotate: a new master key takes the place of the old one while the service runs. Can be run again after
// any interruption: it goes on where it was.
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { program, readEnvFile, ROOT, Unfit } from './project.mjs';

/** How long no key may be wrapped anew before nobody is believed to work on it, in milliseconds. */
const PATIENCE_MS = 15_000;

/** @typedef {{ version: number, line: string }} Line */

/** @param {string} file @returns {Line[]} ascending */
function readLines(file) {
  return readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .map((line) => ({ version: Number(/^v(\d+):/.exec(line)?.[1]), line }))
    .toSorted((a, b) => a.version - b.version);
}

/**
 * Writes the file whole, or not at all.
 * @param {string} file
 * @param {readonly Line[]} lines
 */
function writeLines(file, lines) {
  const draft = `${file}.new`;
  rmSync(draft, { force: true });
  const descriptor = openSync(draft, 'wx', 0o600);
  writeSync(descriptor, lines.map(({ line }) => `${line}\n`).join(''));
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(draft, file);
}

/** Overwrites the bytes of a file before its name is given to another. @param {string} file */
function overwrite(file) {
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, Buffer.alloc(statSync(file).size));
  fsyncSync(descriptor);
  closeSync(descriptor);
}

/**
 * Says how far the key store is: keys wrapped by older versions, and whether an older version is remembered still.
 * The statements are kept: on Node 24 a process aborts when one is garbage-collected.
 * @param {string} store
 * @param {number} version
 */
function progressOf(store, version) {
  const Database = createRequire(import.meta.url)('better-sqlite3');
  const db = new Database(store, { readonly: true });
  const older = db.prepare('SELECT count(*) FROM chat_keys WHERE key_version <> ?').pluck();
  const remembered = db.prepare('SELECT count(*) FROM master_key_checks WHERE version < ?').pluck();
  const known = db.prepare('SELECT count(*) FROM master_key_checks WHERE version = ?').pluck();
  return () => ({
    older: Number(older.get(version)),
    remembered: Number(remembered.get(version)),
    known: Number(known.get(version)),
  });
}

await program(async () => {
  readEnvFile();
  const dataDir = resolve(ROOT, process.env['DATA_DIR']?.trim() || 'data');
  const file = process.env['MASTER_KEY_FILE']?.trim() || join(dataDir, 'master.key');
  const store = join(dataDir, 'chat.db');
  if (!existsSync(file) || !existsSync(store))
    throw new Unfit('there is no installation to rotate the key of: check DATA_DIR and MASTER_KEY_FILE');
  const before = readLines(file);
  const last = before.at(-1);
  if (!last || before.some(({ version }) => !Number.isInteger(version)))
    throw new Unfit('MASTER_KEY_FILE holds something else than master keys');
  const unfinished = before.length > 1;
  const version = unfinished ? last.version : last.version + 1;
  if (unfinished) console.error(`secure-chat: going on with version ${version}`);
  else writeLines(file, [...before, { version, line: `v${version}:${randomBytes(32).toString('base64')}` }]);

  const progress = progressOf(store, version);
  let state = progress();
  let changedAt = Date.now();
  while (state.older > 0 || state.remembered > 0 || state.known === 0) {
    await pause(300);
    const now = progress();
    if (now.older !== state.older || now.known !== state.known) {
      changedAt = Date.now();
      console.error(`secure-chat: ${now.older} chat keys to go`);
    }
    state = now;
    if (Date.now() - changedAt > PATIENCE_MS)
      throw new Unfit(
        'nothing happens: is Secure Chat running with this DATA_DIR? At its next start it goes on; then run npm run keys:rotate again',
      );
  }
  const old = readLines(file).filter((line) => line.version < version);
  const kept = readLines(file).filter((line) => line.version >= version);
  overwrite(file);
  writeLines(file, kept);
  console.log(
    `The master key has version ${version}. Version ${old.map((line) => line.version).join(', ')} opens nothing any more and was destroyed; destroy its copies too.`,
  );
});
