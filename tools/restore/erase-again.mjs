// Relieves the copies of an older backup of what was erased since: the rows go as the services' own erasures remove
// them, and every page is written anew, so that no byte of them is left.
import Database from 'better-sqlite3';

/** @typedef {import('../backup/ledger.mjs').Ledger} Ledger */
/** @typedef {import('better-sqlite3').Database} Db */

/** What was erased again. @typedef {{ chats: number, messages: number, users: number }} Count */

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
 * Works on one copy in a transaction and rewrites the file. No journal lies on the disk: a copy that is not finished
 * is worth nothing.
 * @template T
 * @param {string} file
 * @param {(db: Db) => T} work
 * @returns {T}
 */
function inCopy(file, work) {
  const db = new Database(file, { fileMustExist: true });
  try {
    for (const pragma of ['journal_mode=MEMORY', 'secure_delete=ON', 'temp_store=MEMORY', 'synchronous=FULL'])
      db.exec(`PRAGMA ${pragma}`);
    const result = db.transaction(() => work(db))();
    db.exec('VACUUM');
    return result;
  } finally {
    db.close();
  }
}

/** @param {Db} db @param {string} sql one column @returns {any[]} */
const column = (db, sql) => prepare(db, sql).pluck().all();

/**
 * @param {Db} db
 * @param {Ledger} ledger
 * @param {number} at milliseconds since 1970
 * @returns {number} how many chats are gone
 */
function inChat(db, ledger, at) {
  const gone = new Set(column(db, 'SELECT id FROM chats').filter((id) => ledger.names('chat', id)));
  const users = column(
    db,
    'SELECT user_id FROM members UNION SELECT user_id FROM former_members UNION SELECT user_id FROM activity',
  );
  const chatsOf = prepare(db, 'SELECT chat_id FROM members WHERE user_id = ?').pluck();
  const leave = prepare(db, 'DELETE FROM members WHERE user_id = ?');
  const remember = prepare(db, 'INSERT OR REPLACE INTO former_members VALUES (?, ?, ?)');
  const forget = prepare(db, 'DELETE FROM activity WHERE user_id = ?');
  for (const user of users.filter((id) => ledger.names('user', id))) {
    for (const chat of chatsOf.all(user)) remember.run(chat, user, at);
    leave.run(user);
    forget.run(user);
  }
  // The last to leave erases the chat.
  for (const id of column(db, 'SELECT id FROM chats WHERE id NOT IN (SELECT chat_id FROM members)'))
    gone.add(id);
  for (const [table, key] of [
    ['members', 'chat_id'],
    ['former_members', 'chat_id'],
    ['chat_keys', 'chat_id'],
    ['chats', 'id'],
  ]) {
    const remove = prepare(db, `DELETE FROM ${table} WHERE ${key} = ?`);
    for (const id of gone) remove.run(id);
  }
  return gone.size;
}

/**
 * @param {Db} db
 * @param {Ledger} ledger
 * @param {ReadonlySet<string>} chats those that there are still
 * @param {number} at milliseconds since 1970
 * @returns {number} how many messages are gone that were erased one by one or with their author
 */
function inGateway(db, ledger, chats, at) {
  const heads = /** @type {{ ref: number, chat_id: Buffer }[]} */ (
    prepare(db, 'SELECT ref, chat_id FROM heads').all()
  );
  for (const table of ['messages', 'marks', 'heads', 'leftovers']) {
    const remove = prepare(db, `DELETE FROM ${table} WHERE ref = ?`);
    for (const { ref, chat_id: id } of heads) if (!chats.has(uuidOf(id))) remove.run(ref);
  }
  const texts = /** @type {{ row: number, ref: number, id: Buffer, sender_id: Buffer }[]} */ (
    prepare(db, 'SELECT row, ref, id, sender_id FROM messages WHERE sealed IS NOT NULL').all()
  );
  const bytesOf = (/** @type {string} */ sql) => /** @type {Buffer[]} */ (column(db, sql));
  const senders = new Set(
    bytesOf('SELECT DISTINCT sender_id FROM messages UNION SELECT user_id FROM marks')
      .map(uuidOf)
      .filter((id) => ledger.names('user', id)),
  );
  const wipe = prepare(db, 'UPDATE messages SET sealed = NULL, deleted_at = ? WHERE row = ?');
  // A negative number is counted anew.
  const recount = prepare(db, 'UPDATE marks SET unread = -1 WHERE ref = ?');
  let messages = 0;
  for (const { row, ref, id, sender_id: sender } of texts) {
    if (!senders.has(uuidOf(sender)) && !ledger.names('message', uuidOf(id))) continue;
    wipe.run(at, row);
    recount.run(ref);
    messages += 1;
  }
  const unmark = prepare(db, 'DELETE FROM marks WHERE user_id = ?');
  for (const id of senders) unmark.run(Buffer.from(id.replaceAll('-', ''), 'hex'));
  const unsee = prepare(db, 'DELETE FROM seen WHERE user_id = ?');
  for (const id of column(db, 'SELECT user_id FROM seen')) if (ledger.names('user', id)) unsee.run(id);
  return messages;
}

/** @param {Db} db @param {Ledger} ledger @returns {number} how many accounts are gone */
function inAuth(db, ledger) {
  const gone = column(db, 'SELECT id FROM users').filter((id) => ledger.names('user', id));
  // Sessions that were ended since, and links that were used, would be valid again: nobody's is kept.
  const tables = column(db, "SELECT name FROM sqlite_schema WHERE type = 'table'");
  for (const table of ['sessions', 'reset_links'])
    if (tables.includes(table)) prepare(db, `DELETE FROM ${table}`).run();
  for (const [table, key] of [
    ['activity', 'user_id'],
    ['users', 'id'],
  ]) {
    const remove = prepare(db, `DELETE FROM ${table} WHERE ${key} = ?`);
    for (const id of gone) remove.run(id);
  }
  return gone.length;
}

/**
 * Erases in the copies of the three databases what the ledger names, and whatever else a backup must not bring back.
 * @param {{ auth: string, chat: string, gateway: string }} files
 * @param {Ledger} ledger
 * @returns {Count}
 */
export function eraseAgain(files, ledger) {
  const at = Date.now();
  const { gone, left } = inCopy(files.chat, (db) => ({
    gone: inChat(db, ledger, at),
    left: new Set(column(db, 'SELECT id FROM chats')),
  }));
  return {
    chats: gone,
    messages: inCopy(files.gateway, (db) => inGateway(db, ledger, left, at)),
    users: inCopy(files.auth, (db) => inAuth(db, ledger)),
  };
}
