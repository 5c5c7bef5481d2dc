// Relieves the copies of an older backup of what was erased since: the rows go as the services' own erasures remove
// them, and every page is written anew, so that no byte of them is left. However large a store is, a page of rows at a
// time is in memory.
import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import Database from 'better-sqlite3';

/** @typedef {import('../backup/ledger.mjs').Ledger} Ledger */
/** @typedef {import('better-sqlite3').Database} Db */

/** What was erased again. @typedef {{ chats: number, messages: number, users: number }} Count */

/** How many rows are read at once, and how many bytes are overwritten at once. */
const PAGE_ROWS = 1_000;
const OVERWRITTEN_BYTES = 1024 * 1024;

/** Statements live as long as the process: Node 24 aborts when one is collected at a wrong moment. @type {unknown[]} */
const keptStatements = [];

/** @param {Db} db @param {string} sql */
function prepare(db, sql) {
  const statement = db.prepare(sql);
  keptStatements.push(statement);
  return statement;
}

/** @param {Uint8Array} bytes 16 of them */
const uuidOf = (bytes) =>
  Buffer.from(bytes)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

/**
 * Works on one copy and writes the file anew beside it, without a journal and without temporary files elsewhere: a copy
 * that is not finished is worth nothing. What was read is overwritten before it is removed.
 * @template T
 * @param {string} file
 * @param {(db: Db) => T} work
 * @returns {T}
 */
function inCopy(file, work) {
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

/** Overwrites a file by zeros and removes it. @param {string} file */
function overwrite(file) {
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

/**
 * The rows of a table, in the order of a key; those that were given may be changed or deleted meanwhile.
 * @param {Db} db
 * @param {string} from columns, table and condition: `id FROM chats WHERE true`
 * @param {readonly string[]} key columns that are unique together, and among those that are read
 * @param {readonly unknown[]} before what comes before every value of the key
 * @returns {Generator<any>}
 */
function* rowsOf(db, from, key, before) {
  const columns = key.join(', ');
  const page = prepare(
    db,
    `SELECT ${from} AND (${columns}) > (${key.map(() => '?').join(', ')}) ORDER BY ${columns} LIMIT ${PAGE_ROWS}`,
  );
  for (let last = before; ;) {
    const rows = /** @type {any[]} */ (page.all(...last));
    yield* rows;
    const end = rows.at(-1);
    if (rows.length < PAGE_ROWS) return;
    last = key.map((name) => end[name]);
  }
}

/** The rows of an ordinary table. @param {Db} db @param {string} columns @param {string} table */
const everyRow = (db, columns, table) =>
  rowsOf(db, `rowid AS rowid, ${columns} FROM ${table} WHERE true`, ['rowid'], [0]);

/**
 * Those ids of a column that the ledger names: as many as the ledger has at most.
 * @param {Iterable<string>} ids
 * @param {Ledger} ledger
 * @param {import('../backup/ledger.mjs').Kind} kind
 * @param {Set<string>} [found]
 */
function named(ids, ledger, kind, found = new Set()) {
  if (ledger.count(kind) > 0) for (const id of ids) if (ledger.names(kind, id)) found.add(id);
  return found;
}

/** @template T @template U @param {Iterable<T>} items @param {(item: T) => U} change */
function* each(items, change) {
  for (const item of items) yield change(item);
}

/**
 * @param {Db} db
 * @param {Ledger} ledger
 * @param {number} at milliseconds since 1970
 * @returns {number} how many chats are gone
 */
function inChat(db, ledger, at) {
  const gone = named(
    each(everyRow(db, 'id', 'chats'), ({ id }) => id),
    ledger,
    'chat',
  );
  const users = new Set();
  for (const table of ['members', 'former_members', 'activity'])
    named(
      each(everyRow(db, 'user_id', table), ({ user_id: id }) => id),
      ledger,
      'user',
      users,
    );
  const remember = prepare(
    db,
    'INSERT OR REPLACE INTO former_members SELECT chat_id, user_id, ? FROM members WHERE user_id = ?',
  );
  const leave = prepare(db, 'DELETE FROM members WHERE user_id = ?');
  const forget = prepare(db, 'DELETE FROM activity WHERE user_id = ?');
  for (const user of users) {
    remember.run(at, user);
    leave.run(user);
    forget.run(user);
  }
  const removals = [
    ['members', 'chat_id'],
    ['former_members', 'chat_id'],
    ['chat_keys', 'chat_id'],
    ['chats', 'id'],
  ].map(([table, key]) => prepare(db, `DELETE FROM ${table} WHERE ${key} = ?`));
  const remove = (/** @type {string} */ id) => {
    for (const removal of removals) removal.run(id);
  };
  for (const id of gone) remove(id);
  // The last to leave erases the chat.
  let left = 0;
  const empty = 'id FROM chats WHERE id NOT IN (SELECT chat_id FROM members)';
  for (const { id } of rowsOf(db, empty, ['id'], [''])) {
    remove(id);
    left += 1;
  }
  return gone.size + left;
}

/**
 * @param {Db} db
 * @param {Ledger} ledger
 * @param {(chat: string) => boolean} isThere whether there is a chat still
 * @param {number} at milliseconds since 1970
 * @returns {number} how many messages are gone that were erased one by one or with their author
 */
function inGateway(db, ledger, isThere, at) {
  // A backup of an earlier version keeps no counts.
  const counted =
    prepare(db, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'former_authors'").get() !==
    undefined;
  const counts = counted ? ['former_authors'] : [];
  const removals = ['messages', 'marks', 'heads', 'leftovers', ...counts].map((table) =>
    prepare(db, `DELETE FROM ${table} WHERE ref = ?`),
  );
  for (const { ref, chat_id: id } of rowsOf(db, 'ref, chat_id FROM heads WHERE true', ['ref'], [0]))
    if (!isThere(uuidOf(id))) for (const removal of removals) removal.run(ref);
  const isNamed = (/** @type {Uint8Array} */ sender, /** @type {Uint8Array} */ id) =>
    (ledger.count('user') > 0 && ledger.names('user', uuidOf(sender))) ||
    (ledger.count('message') > 0 && ledger.names('message', uuidOf(id)));
  const wipe = prepare(db, 'UPDATE messages SET sealed = NULL, deleted_at = ? WHERE row = ?');
  // A negative number is counted anew.
  const recounts = [
    'UPDATE marks SET unread = -1 WHERE ref = ?',
    ...(counted
      ? [
          'UPDATE marks SET own = -1 WHERE ref = ?',
          'UPDATE former_authors SET own = -1 WHERE ref = ?',
          'UPDATE heads SET live = -2 WHERE ref = ? AND live >= 0',
        ]
      : []),
  ].map((sql) => prepare(db, sql));
  let messages = 0;
  const texts = 'row, ref, id, sender_id FROM messages WHERE sealed IS NOT NULL';
  for (const { row, ref, id, sender_id: sender } of rowsOf(db, texts, ['row'], [0])) {
    if (!isNamed(sender, id)) continue;
    wipe.run(at, row);
    for (const recount of recounts) recount.run(ref);
    messages += 1;
  }
  if (ledger.count('user') === 0) return messages;
  for (const table of ['marks', ...counts]) {
    const remove = prepare(db, `DELETE FROM ${table} WHERE ref = ? AND user_id = ?`);
    const rows = rowsOf(
      db,
      `ref, user_id FROM ${table} WHERE true`,
      ['ref', 'user_id'],
      [0, Buffer.alloc(0)],
    );
    for (const { ref, user_id: id } of rows) if (ledger.names('user', uuidOf(id))) remove.run(ref, id);
  }
  const unsee = prepare(db, 'DELETE FROM seen WHERE user_id = ?');
  for (const { user_id: id } of everyRow(db, 'user_id', 'seen')) if (ledger.names('user', id)) unsee.run(id);
  return messages;
}

/** @param {Db} db @param {Ledger} ledger @returns {number} how many accounts are gone */
function inAuth(db, ledger) {
  const gone = named(
    each(everyRow(db, 'id', 'users'), ({ id }) => id),
    ledger,
    'user',
  );
  // Sessions that were ended since, and links that were used, would be valid again: nobody's is kept.
  const isTable = prepare(db, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?").pluck();
  for (const table of ['sessions', 'reset_links'])
    if (isTable.get(table) === 1) prepare(db, `DELETE FROM ${table}`).run();
  for (const [table, key] of [
    ['activity', 'user_id'],
    ['users', 'id'],
  ]) {
    const remove = prepare(db, `DELETE FROM ${table} WHERE ${key} = ?`);
    for (const id of gone) remove.run(id);
  }
  return gone.size;
}

/**
 * Erases in the copies of the three databases what the ledger names, and whatever else a backup must not bring back.
 * @param {{ auth: string, chat: string, gateway: string }} files
 * @param {Ledger} ledger
 * @returns {Count}
 */
export function eraseAgain(files, ledger) {
  const at = Date.now();
  const chats = inCopy(files.chat, (db) => inChat(db, ledger, at));
  const left = new Database(files.chat, { readonly: true });
  try {
    const find = prepare(left, 'SELECT 1 FROM chats WHERE id = ?').pluck();
    const isThere = (/** @type {string} */ id) => find.get(id) === 1;
    return {
      chats,
      messages: inCopy(files.gateway, (db) => inGateway(db, ledger, isThere, at)),
      users: inCopy(files.auth, (db) => inAuth(db, ledger)),
    };
  } finally {
    left.close();
  }
}

/**
 * Reads every page of a restored database.
 * @param {string} file
 * @throws {Error} when it is not whole
 */
export function requireWhole(file) {
  const db = new Database(file, { fileMustExist: true, readonly: true });
  try {
    const found = prepare(db, 'PRAGMA quick_check(1)').pluck().get();
    if (found !== 'ok') throw new Error(`${file} is damaged: ${String(found)}`);
  } finally {
    db.close();
  }
}
