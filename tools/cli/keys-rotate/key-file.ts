import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseMasterKeys } from '@app/crypto';
import { draftsOf, sync, writeDurably } from '../../../libs/platform/src/files/durable-files.mjs';
import { errorCode, Unfit } from '../../project.mjs';

/** One version of the master key. */
export interface KeyLine {
  readonly version: number;
  /** What may be stored of it: it tells a wrong key from the right one. */
  readonly check: Buffer;
  readonly line: string;
}

/**
 * The master key file of one installation while its key is rotated. At every moment one whole file with every key that
 * is needed is on disk, and an old key is overwritten only after that.
 */
export class KeyFile {
  /** @param path of a file, not of a link to one */
  constructor(readonly path: string) {}

  /**
   * Reads every version in the file.
   * @returns ascending, at least one
   * @throws {Unfit} when it cannot be read or holds anything else
   */
  read(): KeyLine[] {
    let text;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      throw new Unfit(`MASTER_KEY_FILE cannot be read (${errorCode(error)}): ${this.path}`);
    }
    try {
      parseMasterKeys(text);
    } catch (error) {
      throw new Unfit(
        `MASTER_KEY_FILE cannot be used: ${error instanceof Error ? error.message : ''} (${this.path})`,
      );
    }
    return keyLines(text);
  }

  /** Returns the whole lines in what interrupted runs have left: drafts that never took the name, and old files. */
  leftLines(): KeyLine[] {
    return this.leftovers().flatMap((file) => keyLines(readFileSync(file, 'utf8')));
  }

  /** Whether a run ended before it had overwritten an old file. */
  get hasOldFiles(): boolean {
    return this.oldFiles().length > 0;
  }

  /** Returns the paths of what interrupted runs have left. */
  leftovers(): string[] {
    return [...draftsOf(this.path), ...this.oldFiles()];
  }

  private oldFiles(): string[] {
    const folder = dirname(this.path);
    const prefix = `${basename(this.path)}.`;
    return readdirSync(folder)
      .filter((name) => name.startsWith(prefix) && /^[0-9a-f]+\.old$/.test(name.slice(prefix.length)))
      .map((name) => join(folder, name));
  }

  /**
   * Writes these versions; the bytes of the file before are overwritten once the new one is on disk. Until then they
   * keep a name, by which the next run finds them.
   * @throws {Unfit} when it cannot be written: the file is as it was
   */
  write(lines: readonly KeyLine[]): void {
    const text = lines.map(({ line }) => `${line}\n`).join('');
    const old = `${this.path}.${randomBytes(4).toString('hex')}.old`;
    let before: number | undefined;
    try {
      before = openSync(this.path, 'r+');
      keepName(this.path, old);
      writeDurably(this.path, text);
    } catch (error) {
      const isReplaced = before !== undefined && !isSame(before, this.path);
      if (!isReplaced) rmSync(old, { force: true });
      if (before !== undefined) closeSync(before);
      const state = isReplaced ? 'rotate the keys again' : 'it is as it was';
      throw new Unfit(`MASTER_KEY_FILE cannot be written (${errorCode(error)}), ${state}: ${this.path}`);
    }
    overwrite(before, old);
  }

  /** Overwrites and removes what interrupted runs have left; another name of the file itself is only removed. */
  destroyLeftovers(): void {
    for (const file of this.leftovers()) {
      const descriptor = openSync(file, 'r+');
      if (isSame(descriptor, this.path)) {
        closeSync(descriptor);
        rmSync(file);
        sync(dirname(file));
      } else overwrite(descriptor, file);
    }
  }
}

/** Reads what can be read of a text, line by line, ascending: a draft may be torn. */
function keyLines(text: string): KeyLine[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .flatMap((line) => {
      try {
        return parseMasterKeys(line).versions.map(({ version, check }) => ({ version, check, line }));
      } catch {
        return [];
      }
    })
    .toSorted((a, b) => a.version - b.version);
}

function isSame(descriptor: number, path: string): boolean {
  const [a, b] = [fstatSync(descriptor), statSync(path, { throwIfNoEntry: false })];
  return a.ino === b?.ino && a.dev === b.dev;
}

/** Gives a file a second name, where the file system has such. */
function keepName(path: string, name: string): void {
  try {
    linkSync(path, name);
    sync(dirname(path));
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP'].includes(errorCode(error))) throw error;
  }
}

/**
 * Overwrites a file's bytes by zeros, on disk, and removes its name.
 * @param descriptor open for writing; closed
 * @throws {Unfit} when that fails
 */
function overwrite(descriptor: number, name: string): void {
  try {
    try {
      const zeros = Buffer.alloc(fstatSync(descriptor).size);
      for (let done = 0; done < zeros.length;)
        done += writeSync(descriptor, zeros, done, zeros.length - done, done);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    rmSync(name, { force: true });
    sync(dirname(name));
  } catch (error) {
    throw new Unfit(
      `a file that held an old master key could not be overwritten (${errorCode(error)}), rotate the keys again: ${name}`,
    );
  }
}
