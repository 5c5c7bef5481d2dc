import Database from 'better-sqlite3';
import { parseMasterKeys, unwrapChatKey, uuidToBytes } from '@app/crypto';
import { errorCode, Unfit } from '../../project.mjs';
import { prepare } from '../database.js';
import type { KeyLine } from './key-file.js';

const READ_LIMIT_MS = 5_000;

/** The key store of the chat service, open for reading alone: what it says of the master key's versions. */
export class KeyStore {
  private readonly statements;

  /** @throws {Unfit} when it cannot be read */
  constructor(path: string) {
    try {
      const db = new Database(path, { readonly: true, timeout: READ_LIMIT_MS });
      this.statements = {
        checks: prepare<{ version: number; check: Buffer }>(
          db,
          'SELECT version, check_bytes AS "check" FROM master_key_checks',
        ),
        inUse: prepare<number>(db, 'SELECT DISTINCT key_version FROM chat_keys').pluck(),
        one: prepare<{ id: string; wrapped: Buffer }>(
          db,
          'SELECT chat_id AS id, wrapped_key AS wrapped FROM chat_keys WHERE key_version = ? LIMIT 1',
        ),
        other: prepare<number>(db, 'SELECT count(*) FROM chat_keys WHERE key_version <> ?').pluck(),
      };
    } catch (error) {
      throw new Unfit(`the key store cannot be read (${errorCode(error)}): ${path}`);
    }
  }

  /** Returns the check of each version that the store remembers. */
  checks(): Map<number, Buffer> {
    return new Map(this.statements.checks.all().map(({ version, check }) => [version, check]));
  }

  /** Returns how many keys other versions wrap. */
  wrappedByOthers(version: number): number {
    return this.statements.other.get(version) ?? 0;
  }

  /**
   * Compares versions of the master key with the store, and opens a key by each that wraps any.
   * @throws {Unfit} naming MASTER_KEY_FILE, when one is not the store's, or one that is needed is missing
   */
  requireFit(lines: readonly KeyLine[]): void {
    const checks = this.checks();
    const wrong = lines.find(({ version, check }) => checks.get(version)?.equals(check) === false);
    if (wrong)
      throw new Unfit(
        `MASTER_KEY_FILE does not fit the stored keys: its version ${wrong.version} is another key than theirs`,
      );
    const missing = this.statements.inUse
      .all()
      .filter((inUse) => !lines.some(({ version }) => version === inUse));
    if (missing.length > 0)
      throw new Unfit(
        `MASTER_KEY_FILE does not fit the stored keys: version ${missing.join(', ')} is in use and not in it`,
      );
    for (const { version, line } of lines) {
      const row = this.statements.one.get(version);
      if (row === undefined) continue;
      try {
        unwrapChatKey(row.wrapped, parseMasterKeys(line), uuidToBytes(row.id));
      } catch {
        throw new Unfit(`MASTER_KEY_FILE does not open what its version ${version} has wrapped`);
      }
    }
  }
}
