// The master key file as npm run keys:rotate changes it: at every moment one whole file with every key that is needed
// is on disk, and an old key is overwritten only after that.
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
import { draftsOf, sync, writeDurably } from '../../libs/platform/src/files/durable-files.mjs';
import { errorCode, Unfit } from '../project.mjs';

/** @typedef {typeof import('../../libs/crypto/src/index.js')} CryptoLibrary */
/** One version of the master key. @typedef {{ version: number, check: Buffer, line: string }} KeyLine */

/**
 * Reads what can be read of a text, line by line: a draft may be torn.
 * @param {CryptoLibrary} library
 * @param {string} text
 * @returns {KeyLine[]} ascending
 */
function wholeLines(library, text) {
  return text
    .split('\n')
    .map((line) => line.trim())
    .flatMap((line) => {
      try {
        return library.parseMasterKeys(line).versions.map(({ version, check }) => ({ version, check, line }));
      } catch {
        return [];
      }
    })
    .toSorted((a, b) => a.version - b.version);
}

/** The master key file of one installation. */
export class KeyFile {
  /** @param {string} path of a file, no link to one @param {CryptoLibrary} library */
  constructor(path, library) {
    this.path = path;
    this.library = library;
  }

  /**
   * Every version in the file.
   * @returns {KeyLine[]} ascending, at least one
   * @throws {Unfit} when it cannot be read or holds anything else
   */
  read() {
    let text;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      throw new Unfit(`MASTER_KEY_FILE cannot be read (${errorCode(error)}): ${this.path}`);
    }
    try {
      this.library.parseMasterKeys(text);
    } catch (error) {
      throw new Unfit(
        `MASTER_KEY_FILE cannot be used: ${error instanceof Error ? error.message : ''} (${this.path})`,
      );
    }
    return wholeLines(this.library, text);
  }

  /** The whole lines in what interrupted runs have left: drafts that never took the name, and old files. */
  leftLines() {
    return this.leftovers().flatMap((file) => wholeLines(this.library, readFileSync(file, 'utf8')));
  }

  /** Whether a run ended before it had overwritten an old file. */
  get hasOldFiles() {
    return this.#oldFiles().length > 0;
  }

  /** What interrupted runs have left. @returns {string[]} paths */
  leftovers() {
    return [...draftsOf(this.path), ...this.#oldFiles()];
  }

  #oldFiles() {
    const folder = dirname(this.path);
    const prefix = `${basename(this.path)}.`;
    return readdirSync(folder)
      .filter((name) => name.startsWith(prefix) && /^[0-9a-f]+\.old$/.test(name.slice(prefix.length)))
      .map((name) => join(folder, name));
  }

  /**
   * Has the file hold these versions; the bytes of the file before are overwritten once the new one is on disk. Until
   * then they keep a name, by which the next run finds them.
   * @param {readonly KeyLine[]} lines
   * @throws {Unfit} when it cannot be written: the file is as it was
   */
  write(lines) {
    const text = lines.map(({ line }) => `${line}\n`).join('');
    const old = `${this.path}.${randomBytes(4).toString('hex')}.old`;
    /** @type {number | undefined} */
    let before;
    try {
      before = openSync(this.path, 'r+');
      keepName(this.path, old);
      writeDurably(this.path, text);
    } catch (error) {
      const isReplaced = before !== undefined && !isSame(before, this.path);
      if (!isReplaced) rmSync(old, { force: true });
      if (before !== undefined) closeSync(before);
      const state = isReplaced ? 'run npm run keys:rotate again' : 'it is as it was';
      throw new Unfit(`MASTER_KEY_FILE cannot be written (${errorCode(error)}), ${state}: ${this.path}`);
    }
    overwrite(before, old);
  }

  /** Overwrites and removes what interrupted runs have left; what is another name of the file itself is only removed. */
  destroyLeftovers() {
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

/** @param {number} descriptor @param {string} path */
function isSame(descriptor, path) {
  const [a, b] = [fstatSync(descriptor), statSync(path, { throwIfNoEntry: false })];
  return a.ino === b?.ino && a.dev === b.dev;
}

/** Gives a file a second name, where the file system has such. @param {string} path @param {string} name */
function keepName(path, name) {
  try {
    linkSync(path, name);
    sync(dirname(path));
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP'].includes(errorCode(error))) throw error;
  }
}

/**
 * Overwrites a file's bytes by zeros, on disk, and removes its name.
 * @param {number} descriptor open for writing; closed
 * @param {string} name
 * @throws {Unfit} when that fails
 */
function overwrite(descriptor, name) {
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
      `what an old master key stood in could not be overwritten (${errorCode(error)}): run npm run keys:rotate again (${name})`,
    );
  }
}
