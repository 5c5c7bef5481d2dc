// The erasure ledger as backup and restore see it: lines of time, kind and digest that the services have written
// (libs/platform/src/database/erasure-ledger.ts), and lines of their own that say up to when a copy is complete.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';

const TIME = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
const ERASED = new RegExp(`^(${TIME}) (chat|message|user) ([0-9a-f]{64})$`);
const KNOWN = new RegExp(`^(${TIME}) known$`);

/** @typedef {'chat' | 'message' | 'user'} Kind */

/** Names an erased thing without its id, as the services do. @param {Kind} kind @param {string} id a UUID in lower case */
export const erasureDigest = (kind, id) =>
  createHash('sha256').update(`secure-chat erasure ${kind} ${id}`).digest('hex');

/** What is known to be erased, from as many ledgers as there are. */
export class Ledger {
  /** Whole lines that say what was erased. @type {Set<string>} */
  #lines = new Set();
  /** @type {Record<Kind, Set<string>>} */
  #digests = { chat: new Set(), message: new Set(), user: new Set() };
  /** Up to when erasures are known: the latest time that a line names. @type {string | undefined} */
  knownUntil;
  /** What people should hear about the files that were read. @type {string[]} */
  remarks = [];

  /**
   * Adds what a file says; one that is not there says nothing.
   * @param {string} file
   * @returns {this}
   */
  add(file) {
    if (!existsSync(file)) return this;
    const lines = readFileSync(file, 'utf8').split('\n');
    const end = lines.pop();
    let damaged = 0;
    for (const line of lines) if (line !== '' && !this.#take(line)) damaged += 1;
    if (end !== '') this.remarks.push(`${file} is torn in its last line: it is read up to there`);
    if (damaged > 0)
      this.remarks.push(`${file} has ${damaged} line${damaged === 1 ? '' : 's'} that cannot be read`);
    return this;
  }

  /** @param {string} line @returns {boolean} whether it is whole */
  #take(line) {
    const [, erasedAt, kind, digest = ''] = ERASED.exec(line) ?? [];
    const at = erasedAt ?? KNOWN.exec(line)?.[1];
    if (at === undefined) return false;
    if (this.knownUntil === undefined || at > this.knownUntil) this.knownUntil = at;
    if (kind !== undefined) {
      this.#lines.add(line);
      this.#digests[/** @type {Kind} */ (kind)].add(digest);
    }
    return true;
  }

  /** How many things of a kind it names. @param {Kind} kind */
  count(kind) {
    return this.#digests[kind].size;
  }

  /** Whether something was erased. @param {Kind} kind @param {string} id */
  names(kind, id) {
    return this.#digests[kind].has(erasureDigest(kind, id));
  }

  /**
   * All of it as one file, by time.
   * @param {string} [knownUntil] up to when it is complete; without it nothing is said of that
   */
  text(knownUntil) {
    const lines = [...this.#lines].toSorted();
    if (knownUntil !== undefined) lines.push(`${knownUntil} known`);
    return lines.map((line) => `${line}\n`).join('');
  }
}
