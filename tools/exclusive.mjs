// A lock that ends with its process, however that ends: the operating system keeps it, not the file's content.
import { createRequire } from 'node:module';
import { rmSync, statSync } from 'node:fs';
import { errorCode, Unfit } from './project.mjs';

/**
 * Takes a lock for this process; also against other containers on the same volume, where process ids mean nothing.
 * @param {string} file made when it is missing; holds nothing
 * @param {string} work what only one may do at a time, for the line that people read
 * @returns {() => void} what gives it back
 * @throws {Unfit} when another process has it, or the file cannot be made
 */
export function takeLock(file, work) {
  const Database = createRequire(import.meta.url)('better-sqlite3');
  for (;;) {
    const before = inodeOf(file);
    try {
      const lock = new Database(file, { timeout: 0 });
      try {
        lock.exec('PRAGMA journal_mode=MEMORY');
        lock.exec('BEGIN EXCLUSIVE');
      } catch (error) {
        lock.close();
        throw error;
      }
      const release = () => {
        rmSync(file, { force: true });
        lock.close();
      };
      // Who had it before may have removed the file that was opened here: then the lock of the next one is another.
      if (inodeOf(file) !== undefined && (before === undefined || before === inodeOf(file))) return release;
      lock.close();
    } catch (error) {
      if (errorCode(error) === 'SQLITE_BUSY')
        throw new Unfit(`another ${work} is under way: wait until it has ended`);
      throw new Unfit(`${work} cannot lock ${file} (${errorCode(error)})`);
    }
  }
}

/** @param {string} file */
const inodeOf = (file) => statSync(file, { throwIfNoEntry: false })?.ino;
