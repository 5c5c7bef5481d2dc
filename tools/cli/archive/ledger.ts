import { existsSync, readFileSync } from 'node:fs';
import { erasureDigest, type ErasedKind } from '../../../libs/platform/src/database/erasure-ledger.js';

const TIME = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
const ERASED = new RegExp(`^(${TIME}) (chat|message|user) ([0-9a-f]{64})$`);
const KNOWN = new RegExp(`^(${TIME}) known$`);

/**
 * What is known to be erased, from as many ledgers as there are: the lines that the services have written, and lines
 * of a backup's own that say up to when it is complete.
 */
export class Ledger {
  /** Whole lines that say what was erased. */
  private readonly lines = new Set<string>();
  private readonly digests: Readonly<Record<ErasedKind, Set<string>>> = {
    chat: new Set(),
    message: new Set(),
    user: new Set(),
  };
  /** Up to when erasures are known: the latest time that a line names. */
  knownUntil: string | undefined;
  /** What people should know about the files that were read. */
  readonly remarks: string[] = [];

  /** Adds what a file says; a missing one says nothing. */
  add(file: string): this {
    if (!existsSync(file)) return this;
    const lines = readFileSync(file, 'utf8').split('\n');
    const end = lines.pop();
    let damaged = 0;
    for (const line of lines) if (line !== '' && !this.take(line)) damaged += 1;
    if (end !== '') this.remarks.push(`${file} is torn in its last line: it is read up to there`);
    if (damaged > 0)
      this.remarks.push(`${file} has ${damaged} line${damaged === 1 ? '' : 's'} that cannot be read`);
    return this;
  }

  /** Returns whether a line is whole. */
  private take(line: string): boolean {
    const [, erasedAt, kind, digest = ''] = ERASED.exec(line) ?? [];
    const at = erasedAt ?? KNOWN.exec(line)?.[1];
    if (at === undefined) return false;
    if (this.knownUntil === undefined || at > this.knownUntil) this.knownUntil = at;
    if (kind !== undefined) {
      this.lines.add(line);
      this.digests[kind as ErasedKind].add(digest);
    }
    return true;
  }

  /** Returns how many things of a kind it names. */
  count(kind: ErasedKind): number {
    return this.digests[kind].size;
  }

  /** Whether something was erased. */
  names(kind: ErasedKind, id: string): boolean {
    return this.digests[kind].has(erasureDigest(kind, id));
  }

  /**
   * Returns all of it as one file, by time.
   * @param knownUntil up to when it is complete; without it nothing is said of that
   */
  text(knownUntil?: string): string {
    const lines = [...this.lines].toSorted();
    if (knownUntil !== undefined) lines.push(`${knownUntil} known`);
    return lines.map((line) => `${line}\n`).join('');
  }
}
