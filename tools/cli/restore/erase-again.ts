import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { Store } from '../installation.js';
import type { Ledger } from '../archive/ledger.js';
import { prepare } from '../database.js';
import { eraseInAuth } from './erase-in-auth.js';
import { eraseInChat } from './erase-in-chat.js';
import { eraseInGateway } from './erase-in-gateway.js';

/** How much of a file is overwritten at once. */
const OVERWRITTEN_BYTES = 1024 * 1024;

/** How much was erased again. */
export interface ErasedAgain {
  readonly chats: number;
  readonly messages: number;
  readonly users: number;
}

/**
 * Erases in the copies of the three databases what the ledger names, and whatever else a backup must not bring back. The
 * rows go as the services' own erasures remove them, and every page is written anew, so that no byte of them is left.
 */
export function eraseAgain(files: Readonly<Record<Store, string>>, ledger: Ledger): ErasedAgain {
  const at = Date.now();
  const chats = inCopy(files.chat, (db) => eraseInChat(db, ledger, at));
  const left = new Database(files.chat, { readonly: true });
  try {
    const find = prepare<number>(left, 'SELECT 1 FROM chats WHERE id = ?').pluck();
    const isThere = (id: string): boolean => find.get(id) === 1;
    return {
      chats,
      messages: inCopy(files.gateway, (db) => eraseInGateway(db, ledger, isThere, at)),
      users: inCopy(files.auth, (db) => eraseInAuth(db, ledger)),
    };
  } finally {
    left.close();
  }
}

/**
 * Reads every page of a restored database.
 * @throws {Error} when it is not whole
 */
export function requireWhole(file: string): void {
  const db = new Database(file, { fileMustExist: true, readonly: true });
  try {
    const found = prepare<string>(db, 'PRAGMA quick_check(1)').pluck().get();
    if (found !== 'ok') throw new Error(`${file} is damaged: ${found}`);
  } finally {
    db.close();
  }
}

/**
 * Works on one copy and writes the file anew beside it, without a journal and without temporary files elsewhere: a copy
 * that is not finished is worth nothing. What was read is overwritten before it is removed.
 */
function inCopy<T>(file: string, work: (db: Database.Database) => T): T {
  const db = new Database(file, { fileMustExist: true });
  const clean = `${file}.clean`;
  let result;
  try {
    for (const pragma of ['journal_mode=OFF', 'synchronous=OFF', 'temp_store=MEMORY'])
      db.exec(`PRAGMA ${pragma}`);
    result = db.transaction(() => work(db))();
    prepare(db, 'VACUUM INTO ?').run(clean);
  } finally {
    db.close();
  }
  overwrite(file);
  renameSync(clean, file);
  return result;
}

/** Overwrites a file by zeros and removes it. */
function overwrite(file: string): void {
  const zeros = Buffer.alloc(OVERWRITTEN_BYTES);
  const descriptor = openSync(file, 'r+');
  try {
    for (let at = 0, { size } = statSync(file); at < size;)
      at += writeSync(descriptor, zeros, 0, Math.min(zeros.length, size - at), at);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  rmSync(file);
}
