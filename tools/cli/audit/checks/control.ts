import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { prepare } from '../../database.js';
import type { Outcome } from '../report.js';
import { formsOfText, Scanner } from '../scanner.js';

const ROWS = 300;

/**
 * Deletes rows from a scratch database with erasure switched off and on.
 * @returns how many of the deleted rows the scanner finds in the files
 */
function foundAfterDeleting(secureDelete: 'OFF' | 'ON'): number {
  const folder = mkdtempSync(join(tmpdir(), 'secure-chat-control-'));
  try {
    const database = new Database(join(folder, 'scratch.db'));
    database.exec('PRAGMA journal_mode = WAL');
    database.exec(`PRAGMA secure_delete = ${secureDelete}`);
    database.exec('CREATE TABLE rows (id INTEGER PRIMARY KEY, bytes BLOB)');
    const insert = prepare(database, 'INSERT INTO rows (bytes) VALUES (?)');
    const remove = prepare(database, 'DELETE FROM rows');
    const planted = Array.from({ length: ROWS }, () => randomBytes(100));
    database.transaction(() => planted.forEach((bytes) => insert.run(bytes)))();
    remove.run();
    if (secureDelete === 'ON') database.exec('VACUUM');
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    const scanner = new Scanner(planted.map((bytes, i) => ({ label: `row ${i}`, bytes })));
    const hits = readdirSync(folder).flatMap((name) => scanner.inFile(join(folder, name)));
    database.close();
    return new Set(hits.map(({ label }) => label)).size;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Checks the scanner: where nothing is erased and nothing sealed, it must find it, or all that it says is void. */
export function control(): Outcome {
  const findings: string[] = [];
  const without = foundAfterDeleting('OFF');
  if (without < ROWS / 2) findings.push(`only ${without} of ${ROWS} rows found that were never erased`);
  const after = foundAfterDeleting('ON');
  if (after > 0) findings.push(`${after} rows found that were erased`);
  const text = `canary ${randomBytes(9).toString('hex')}`;
  const log = JSON.stringify({ msg: 'x', body: Buffer.from(`\u0001${text}`).toString('base64') });
  if (new Scanner(formsOfText('text', text)).inBytes(Buffer.from(log)).length === 0)
    findings.push('a text in base64 was not found');
  return {
    says: `the scanner finds ${without} of ${ROWS} rows where erasure is off, ${after} where it is on`,
    findings,
  };
}
