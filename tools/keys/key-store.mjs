// What the key store of the chat service says of the master key's versions; it is only read.
import { createRequire } from 'node:module';
import { errorCode, Unfit } from '../project.mjs';

/** @typedef {import('./key-file.mjs').KeyLine} KeyLine */
/** @typedef {import('./key-file.mjs').CryptoLibrary} CryptoLibrary */

/** The key store, open for reading. */
export class KeyStore {
  /** Statements are kept: on Node 24 a process aborts when one is garbage-collected. */
  #statements;

  /**
   * @param {string} path
   * @throws {Unfit} when it cannot be read
   */
  constructor(path) {
    this.path = path;
    try {
      const Database = createRequire(import.meta.url)('better-sqlite3');
      const db = new Database(path, { readonly: true, timeout: 5_000 });
      this.#statements = {
        checks: db.prepare('SELECT version, check_bytes AS "check" FROM master_key_checks'),
        inUse: db.prepare('SELECT DISTINCT key_version FROM chat_keys').pluck(),
        one: db.prepare(
          'SELECT chat_id AS id, wrapped_key AS wrapped FROM chat_keys WHERE key_version = ? LIMIT 1',
        ),
        other: db.prepare('SELECT count(*) FROM chat_keys WHERE key_version <> ?').pluck(),
      };
    } catch (error) {
      throw new Unfit(`the key store cannot be read (${errorCode(error)}): ${path}`);
    }
  }

  /** The check of each version that the store remembers. @returns {Map<number, Buffer>} */
  checks() {
    return new Map(
      this.#statements.checks.all().map((/** @type {any} */ { version, check }) => [version, check]),
    );
  }

  /** The versions that wrap keys. @returns {number[]} */
  versionsInUse() {
    return this.#statements.inUse.all();
  }

  /** How many keys other versions wrap. @param {number} version @returns {number} */
  wrappedByOthers(version) {
    return this.#statements.other.get(version);
  }

  /**
   * Compares versions of the master key with the store, and opens a key by each that wraps any.
   * @param {readonly KeyLine[]} lines
   * @param {CryptoLibrary} library
   * @throws {Unfit} naming MASTER_KEY_FILE, when one is not the store's, or one that is needed is missing
   */
  requireFit(lines, library) {
    const checks = this.checks();
    const wrong = lines.find(({ version, check }) => checks.get(version)?.equals(check) === false);
    if (wrong)
      throw new Unfit(
        `MASTER_KEY_FILE does not fit the stored keys: its version ${wrong.version} is another key than theirs`,
      );
    const missing = this.versionsInUse().filter((inUse) => !lines.some(({ version }) => version === inUse));
    if (missing.length > 0)
      throw new Unfit(
        `MASTER_KEY_FILE does not fit the stored keys: version ${missing.join(', ')} is in use and not in it`,
      );
    for (const { version, line } of lines) {
      const row = this.#statements.one.get(version);
      if (row === undefined) continue;
      try {
        library.unwrapChatKey(row.wrapped, library.parseMasterKeys(line), library.uuidToBytes(row.id));
      } catch {
        throw new Unfit(`MASTER_KEY_FILE does not open what its version ${version} has wrapped`);
      }
    }
  }
}
