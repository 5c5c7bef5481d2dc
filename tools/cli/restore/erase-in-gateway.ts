import type { Database } from 'better-sqlite3';
import { reactorsOf, withoutReaction } from '../../../apps/gateway/src/store/reactions.js';
import type { Ledger } from '../archive/ledger.js';
import { prepare } from '../database.js';
import { hasTable, idsIn, rowsOf } from './rows.js';

/**
 * Erases in the gateway's database the messages that the ledger names, by themselves or by their author, and all of the
 * chats that are gone.
 * @param isThere whether there is a chat still
 * @param at milliseconds since 1970
 * @returns how many messages are gone, without those of chats
 */
export function eraseInGateway(
  db: Database,
  ledger: Ledger,
  isThere: (chat: string) => boolean,
  at: number,
): number {
  // A backup of an earlier version keeps no counts.
  const counts = hasTable(db, 'former_authors') ? ['former_authors'] : [];
  // Nor does one know reactions and messages that disappear.
  const keepsChanges = hasTable(db, 'changes');
  removeChats(db, keepsChanges ? [...counts, 'changes'] : counts, isThere);
  if (keepsChanges)
    for (const table of ['reactors', 'expiries'])
      prepare(db, `DELETE FROM ${table} WHERE ref NOT IN (SELECT ref FROM heads)`).run();
  const messages = removeMessages(db, ledger, { counted: counts.length > 0, keepsChanges }, at);
  if (ledger.count('user') > 0) {
    removeUsers(db, ledger, counts);
    if (keepsChanges) removeReactions(db, ledger);
  }
  return messages;
}

function removeChats(db: Database, counts: readonly string[], isThere: (chat: string) => boolean): void {
  const removals = ['messages', 'marks', 'heads', 'leftovers', ...counts].map((table) =>
    prepare(db, `DELETE FROM ${table} WHERE ref = ?`),
  );
  const heads = rowsOf<{ ref: number; chat_id: Buffer }>(
    db,
    'ref, chat_id FROM heads WHERE true',
    ['ref'],
    [0],
  );
  for (const { ref, chat_id: id } of heads)
    if (!isThere(uuidOf(id))) for (const removal of removals) removal.run(ref);
}

/** Makes tombstones of messages; returns of how many. */
function removeMessages(
  db: Database,
  ledger: Ledger,
  { counted, keepsChanges }: { readonly counted: boolean; readonly keepsChanges: boolean },
  at: number,
): number {
  const isNamed = (sender: Buffer, id: Buffer): boolean =>
    (ledger.count('user') > 0 && ledger.names('user', uuidOf(sender))) ||
    (ledger.count('message') > 0 && ledger.names('message', uuidOf(id)));
  const content = keepsChanges ? 'sealed = NULL, reactions = NULL, first_content = NULL' : 'sealed = NULL';
  const erase = prepare(db, `UPDATE messages SET ${content}, deleted_at = ? WHERE row = ?`);
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
  const rows = rowsOf<{ row: number; ref: number; id: Buffer; sender_id: Buffer }>(db, texts, ['row'], [0]);
  for (const { row, ref, id, sender_id: sender } of rows) {
    if (!isNamed(sender, id)) continue;
    erase.run(at, row);
    for (const recount of recounts) recount.run(ref);
    messages += 1;
  }
  return messages;
}

/** Removes the reactions of deleted users to messages of others. */
function removeReactions(db: Database, ledger: Ledger): void {
  const change = prepare(db, 'UPDATE messages SET reactions = ? WHERE row = ?');
  const forget = prepare(db, 'DELETE FROM reactors WHERE user_id = ? AND ref = ? AND seq = ?');
  const rows = rowsOf<{ row: number; ref: number; seq: number; reactions: Buffer }>(
    db,
    'row, ref, seq, reactions FROM messages WHERE reactions IS NOT NULL',
    ['row'],
    [0],
  );
  for (const { row, ref, seq, reactions } of rows) {
    const gone = reactorsOf(reactions).filter((user) => ledger.names('user', uuidOf(user)));
    if (gone.length === 0) continue;
    change.run(gone.reduce<Buffer | null>(withoutReaction, reactions), row);
    for (const user of gone) forget.run(user, ref, seq);
  }
}

function removeUsers(db: Database, ledger: Ledger, counts: readonly string[]): void {
  for (const table of ['marks', ...counts]) {
    const remove = prepare(db, `DELETE FROM ${table} WHERE ref = ? AND user_id = ?`);
    const rows = rowsOf<{ ref: number; user_id: Buffer }>(
      db,
      `ref, user_id FROM ${table} WHERE true`,
      ['ref', 'user_id'],
      [0, Buffer.alloc(0)],
    );
    for (const { ref, user_id: id } of rows) if (ledger.names('user', uuidOf(id))) remove.run(ref, id);
  }
  const remove = prepare(db, 'DELETE FROM seen WHERE user_id = ?');
  for (const id of idsIn(db, 'seen', 'user_id')) if (ledger.names('user', id)) remove.run(id);
}

/** Returns the text form of the 16 bytes of an id. */
const uuidOf = (bytes: Buffer): string =>
  bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
