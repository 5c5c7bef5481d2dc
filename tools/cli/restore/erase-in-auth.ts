import type { Database } from 'better-sqlite3';
import type { Ledger } from '../archive/ledger.js';
import { prepare } from '../database.js';
import { addNamed, hasTable, idsIn } from './rows.js';

/**
 * Erases in auth's database the accounts that the ledger names, and every session.
 * @returns how many accounts are gone
 */
export function eraseInAuth(db: Database, ledger: Ledger): number {
  const gone = addNamed(idsIn(db, 'users', 'id'), ledger, 'user');
  // Sessions that were ended since, and links that were used, would be valid again: nobody's is kept.
  for (const table of ['sessions', 'reset_links'])
    if (hasTable(db, table)) prepare(db, `DELETE FROM ${table}`).run();
  for (const [table, key] of [
    ['activity', 'user_id'],
    ['users', 'id'],
  ]) {
    const remove = prepare(db, `DELETE FROM ${table} WHERE ${key} = ?`);
    for (const id of gone) remove.run(id);
  }
  return gone.size;
}
