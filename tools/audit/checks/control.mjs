// The control: where nothing is erased and nothing sealed, the scanner must find it, or all it says is void.
import Database from 'better-sqlite3';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formsOfText, Scanner } from '../scanner.mjs';

const ROWS = 300;

/** @typedef {import('better-sqlite3').Statement} Statement */
/** Kept: see data-folder.mjs. @type {Statement[]} */
const statements = [];

/**
 * Deletes rows from a scratch database with erasure switched off and on.
 * @param {'OFF' | 'ON'} secureDelete
 * @returns {number} how many of the deleted rows the scanner finds in the files
 */
function foundAfterDeleting(secureDelete) {
  const folder = mkdtempSync(join(tmpdir(), 'secure-chat-control-'));
  try {
    const database = new Database(join(folder, 'scratch.db'));
    database.exec('PRAGMA journal_mode = WAL');
    database.exec(`PRAGMA secure_delete = ${secureDelete}`);
    database.exec('CREATE TABLE rows (id INTEGER PRIMARY KEY, bytes BLOB)');
    const insert = database.prepare('INSERT INTO rows (bytes) VALUES (?)');
    const remove = database.prepare('DELETE FROM rows');
    statements.push(insert, remove);
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

/** @returns {import('../report.mjs').Outcome} */
export function control() {
  const findings = [];
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
