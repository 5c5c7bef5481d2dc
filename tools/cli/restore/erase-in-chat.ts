import type { Database } from 'better-sqlite3';
import type { Ledger } from '../archive/ledger.js';
import { prepare } from '../database.js';
import { addNamed, idsIn, rowsOf } from './rows.js';

/**
 * Erases in chat's database the chats and users that the ledger names.
 * @param at milliseconds since 1970
 * @returns how many chats are gone
 */
export function eraseInChat(db: Database, ledger: Ledger, at: number): number {
  const gone = addNamed(idsIn(db, 'chats', 'id'), ledger, 'chat');
  const users = new Set<string>();
  for (const table of ['members', 'former_members', 'activity'])
    addNamed(idsIn(db, table, 'user_id'), ledger, 'user', users);
  removeUsers(db, users, at);
  const removals = [
    ['members', 'chat_id'],
    ['former_members', 'chat_id'],
    ['chat_keys', 'chat_id'],
    ['chats', 'id'],
  ].map(([table, key]) => prepare(db, `DELETE FROM ${table} WHERE ${key} = ?`));
  const remove = (id: string): void => {
    for (const removal of removals) removal.run(id);
  };
  for (const id of gone) remove(id);
  // The last to leave erases the chat.
  let left = 0;
  const empty = 'id FROM chats WHERE id NOT IN (SELECT chat_id FROM members)';
  for (const { id } of rowsOf<{ id: string }>(db, empty, ['id'], [''])) {
    remove(id);
    left += 1;
  }
  return gone.size + left;
}

/** Has users leave every chat, and erases their activity. */
function removeUsers(db: Database, users: Iterable<string>, at: number): void {
  const remember = prepare(
    db,
    'INSERT OR REPLACE INTO former_members SELECT chat_id, user_id, ? FROM members WHERE user_id = ?',
  );
  const leave = prepare(db, 'DELETE FROM members WHERE user_id = ?');
  const erase = prepare(db, 'DELETE FROM activity WHERE user_id = ?');
  for (const user of users) {
    remember.run(at, user);
    leave.run(user);
    erase.run(user);
  }
}
