import { rmSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { errorCode, Unfit } from '../project.mjs';

/**
 * Takes a lock that ends with its process, however that ends: the operating system keeps it, not the file's content. It
 * holds against other containers on the same volume too, where process ids mean nothing.
 * @param file made when it is missing; holds nothing
 * @param work what only one process may do at a time, for the line that people read
 * @returns what releases it
 * @throws {Unfit} when another process has it, or the file cannot be made
 */
export function takeLock(file: string, work: string): () => void {
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
      const release = (): void => {
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

const inodeOf = (file: string): number | undefined => statSync(file, { throwIfNoEntry: false })?.ino;
