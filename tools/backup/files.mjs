// How files are written, by backup and restore above all: whole, on disk before they are believed, and with a word about how far they are.
import { createHash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** How often work that takes long says how far it is, in milliseconds. */
const SAY_MS = 2_000;

/** Says something of the work under way, on standard error. @param {string} line */
export const say = (line) => console.error(`secure-chat: ${line}`);

/** A size for people. @param {number} bytes */
export const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

/**
 * Says how far something is, every other second.
 * @param {string} what
 * @param {number} total bytes
 * @returns {(done: number) => void} to be told the bytes that are done
 */
export function progress(what, total) {
  let saidAt = Date.now();
  return (done) => {
    if (Date.now() - saidAt < SAY_MS) return;
    saidAt = Date.now();
    say(`${what}: ${megabytes(done)} of ${megabytes(total)}`);
  };
}

/** Has a file, or the names in a folder, on disk. @param {string} path */
export function sync(path) {
  // Windows cannot do it for a folder, and need not.
  if (process.platform === 'win32' && statSync(path).isDirectory()) return;
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Writes a file whole, or not at all, with mode 0600. @param {string} path @param {string} text */
export function writeWhole(path, text) {
  const draft = `${path}.unfinished`;
  rmSync(draft, { force: true });
  const descriptor = openSync(draft, 'wx', 0o600);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(draft, path);
  sync(dirname(path));
}

/** The SHA-256 of a file. @param {string} path @param {string} what for the word about how far it is @returns {Promise<string>} hex */
export async function checksum(path, what) {
  const hash = createHash('sha256');
  const tell = progress(`${what}: checking`, statSync(path).size);
  let done = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    hash.update(chunk);
    tell((done += chunk.length));
  }
  return hash.digest('hex');
}
