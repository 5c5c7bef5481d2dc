import { createHash } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Logger } from 'pino';
import { SettingError } from '../config/settings.js';
import { errorCode } from '../config/system-files.js';
import { sync } from '../files/durable-files.mjs';
import { unavailable } from '../errors/api-error.js';

/** What can be erased. */
export type ErasedKind = 'chat' | 'message' | 'user';

const NEWLINE = 10;

/**
 * Returns the digest that stands for an erased thing in place of its id. A restore computes the same digest.
 * @param id a UUID in lower case
 * @returns hex
 */
export function erasureDigest(kind: ErasedKind, id: string): string {
  return createHash('sha256').update(`secure-chat erasure ${kind} ${id}`).digest('hex');
}

/**
 * The append-only file of what was erased, so that it is erased again after an older backup was restored: one line each, of
 * time, kind and digest of the id. Several services may share one file: each line is appended by one call. The same line
 * twice does no harm.
 */
export class ErasureLedger {
  private lines = '';
  private last: Promise<void> = Promise.resolve();
  private next: Promise<void> | undefined;

  /**
   * @param file an absolute path; created with mode 0600 when it is missing
   * @throws {SettingError} naming LEDGER_FILE, when it cannot be written
   */
  constructor(
    private readonly file: string,
    private readonly logger: Logger,
  ) {
    requireLedger(file);
  }

  /**
   * Writes down what is being erased; all calls during a write share the next one.
   * @returns resolves when it is on disk
   * @throws {ApiError} SERVICE_UNAVAILABLE when it cannot be written; callers may retry
   */
  record(kind: ErasedKind, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return Promise.resolve();
    const at = new Date().toISOString();
    for (const id of ids) this.lines += `${at} ${kind} ${erasureDigest(kind, id)}\n`;
    if (!this.next) {
      this.next = this.last
        .catch(() => undefined)
        .then(() => {
          const text = this.lines;
          this.lines = '';
          this.next = undefined;
          return this.append(text);
        });
      this.last = this.next;
    }
    return this.next;
  }

  private async append(text: string): Promise<void> {
    try {
      const file = await open(this.file, 'a+', 0o600);
      try {
        const { size } = await file.stat();
        const end = size === 0 ? NEWLINE : (await file.read(Buffer.alloc(1), 0, 1, size - 1)).buffer[0];
        // Separates what follows from a line that a power cut has left incomplete.
        await file.appendFile(end === NEWLINE ? text : `\n${text}`);
        await file.sync();
        if (size === 0) sync(dirname(this.file));
      } finally {
        await file.close();
      }
    } catch (error) {
      this.logger.error({ err: error }, 'cannot write the erasure ledger');
      throw unavailable('The erasure cannot be noted now; it is finished later');
    }
  }
}

function requireLedger(file: string): void {
  try {
    closeSync(openSync(file, 'a', 0o600));
  } catch (error) {
    throw new SettingError(`LEDGER_FILE cannot be written (${errorCode(error)}): ${file}`);
  }
}
