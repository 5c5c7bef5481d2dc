import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { errorCode, Unfit } from '../../project.mjs';
import { progress } from '../progress.js';

/** What the system says when there is no room, or the disk fails. */
const DISK_FAULTS = /^(?:ENOSPC|EDQUOT|EIO|EFBIG|EROFS|SQLITE_FULL|SQLITE_IOERR.*|SQLITE_CANTOPEN)$/;

/**
 * Returns a failure of the disk as one line for people, and anything else as it is.
 * @param what could not be done
 */
export function asDiskProblem(error: unknown, what: string): unknown {
  if (!DISK_FAULTS.test(errorCode(error))) return error;
  return new Unfit(`${what}, the disk takes no more (${errorCode(error)}): make room and do it again`);
}

/**
 * Returns the SHA-256 of a file, in hex.
 * @param name what progress calls it
 */
export async function checksum(path: string, name: string): Promise<string> {
  const hash = createHash('sha256');
  const report = progress(`${name}: checking`, statSync(path).size);
  let done = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    const bytes = chunk as Buffer;
    hash.update(bytes);
    report((done += bytes.length));
  }
  return hash.digest('hex');
}
