// Which databases an installation consists of: one that is missing beside the others is lost, not new.
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** @typedef {'auth' | 'chat' | 'gateway'} Store */

/** What there is in a database once people use Secure Chat. @type {Readonly<Record<Store, string>>} */
const USED = { auth: 'users', chat: 'chats', gateway: 'heads' };

/**
 * Why an installation must not be started: a database is missing while another one holds what people have made, which
 * none of them has before all of them are there. A first start that was interrupted has left nothing of that.
 * @param {Readonly<Record<Store, string>>} folders where each service's database lies
 * @returns {string | undefined} one line that names the file and says what to do; nothing where all is well
 */
export function missingDatabaseProblem(folders) {
  const fileOf = (/** @type {Store} */ store) => join(folders[store], `${store}.db`);
  const stores = /** @type {Store[]} */ (Object.keys(USED));
  const missing = stores.filter((store) => !existsSync(fileOf(store)));
  if (missing.length === 0 || missing.length === stores.length) return undefined;
  const used = stores.find((store) => !missing.includes(store) && isUsed(fileOf(store), USED[store]));
  if (used === undefined) return undefined;
  return `DATA_DIR holds ${used}.db, but ${missing.map(fileOf).join(' and ')} is missing: put it back, or restore a backup into an empty DATA_DIR (if there never was one, make an empty file of that name)`;
}

/** @param {string} file @param {string} table */
function isUsed(file, table) {
  const Database = createRequire(import.meta.url)('better-sqlite3');
  const db = new Database(file, { readonly: true, timeout: 5_000 });
  try {
    const tables = db.prepare("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?").pluck();
    if (tables.get(table) === 0) return false;
    return db.prepare(`SELECT EXISTS (SELECT 1 FROM ${table})`).pluck().get() === 1;
  } catch {
    // A damaged one has been used.
    return true;
  } finally {
    db.close();
  }
}
