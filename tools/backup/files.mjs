// What backup and restore say of the files that they read and write, and how those are checked.
import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { errorCode, Unfit } from '../project.mjs';

/** How often work that takes long says how far it is, in milliseconds. */
const SAY_MS = 2_000;

/** What the system says when there is no room, or the disk fails. */
const DISK_FAULTS = /^(?:ENOSPC|EDQUOT|EIO|EFBIG|EROFS|SQLITE_FULL|SQLITE_IOERR.*|SQLITE_CANTOPEN)$/;

/**
 * Gives a failure of the disk as one line for people, and anything else as it is.
 * @param {unknown} error
 * @param {string} what could not be done
 */
export function asDiskProblem(error, what) {
  if (!DISK_FAULTS.test(errorCode(error))) return error;
  return new Unfit(`${what}, the disk takes no more (${errorCode(error)}): make room and do it again`);
}

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
