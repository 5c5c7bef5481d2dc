import { createHash, randomBytes } from 'node:crypto';
import type Database from 'better-sqlite3';

/** The size of a store. */
export interface StoreSize {
  readonly chats: number;
  readonly messages: number;
  /** The first user is a member of every n-th chat. Each other user is a member of two chats. */
  readonly everySoMany: number;
}

/** How many rows one transaction inserts. */
const ROWS_PER_TRANSACTION = 10_000;

/** Returns the UUID of the n-th user or chat of a filled store. */
export function nthId(kind: 'user' | 'chat', n: number): string {
  const hex = createHash('sha256').update(`${kind} ${n}`).digest('hex');
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-4$3-8$4-$5');
}

/** Returns the two members of the n-th chat. */
export function membersOf(n: number, { everySoMany }: StoreSize): readonly [string, string] {
  const first = n % everySoMany === 0 ? 0 : 1 + Math.floor(n / 2);
  return [nthId('user', first), nthId('user', 1_000_000 + Math.floor((n + 1) / 2))];
}

/**
 * Fills the tables of a migrated gateway.db directly: each chat gets the same number of messages, alternately from its two
 * members and interleaved with other chats'. Their ciphertext is random, so they read as damaged.
 */
export function fillMessageStore(db: Database.Database, size: StoreSize): void {
  const each = Math.ceil(size.messages / size.chats);
  const head = db.prepare(
    'INSERT INTO heads (ref, chat_id, last_seq, last_at, seals, live) VALUES (?, ?, ?, 1, ?, ?)',
  );
  const mark = db.prepare(
    'INSERT INTO marks (ref, user_id, delivered, read, unread, own, counted) VALUES (?, ?, 0, 0, ?, ?, ?)',
  );
  const message = db.prepare(
    'INSERT INTO messages (ref, seq, id, sender_id, client_id, sent_at, sealed) VALUES (?, ?, ?, ?, ?, 1, ?)',
  );
  inTransactions(db, size.chats, 1, (n) => {
    head.run(n + 1, bytesOf(nthId('chat', n)), each, each, each);
    membersOf(n, size).forEach((user, i) => {
      const own = Math.floor((each + 1 - i) / 2);
      mark.run(n + 1, bytesOf(user), each - own, own, each);
    });
  });
  for (let seq = 1; seq <= each; seq++)
    inTransactions(db, size.chats, 1, (n) => {
      const sender = membersOf(n, size)[(seq + 1) % 2] ?? '';
      const [id, client] = [randomBytes(16), randomBytes(16)];
      message.run(n + 1, seq, id, bytesOf(sender), client, randomBytes(60 + (n % 100)));
    });
}

/** Fills the tables of a migrated chat.db directly. Its wrapped keys are random, so they cannot be unwrapped. */
export function fillChatStore(db: Database.Database, size: StoreSize): void {
  const chat = db.prepare('INSERT INTO chats (id, created_at, created_by) VALUES (?, 1, ?)');
  const key = db.prepare(
    'INSERT INTO chat_keys (chat_id, key_version, lookup, wrapped_key) VALUES (?, 1, ?, ?)',
  );
  const member = db.prepare('INSERT INTO members (chat_id, user_id, joined_at) VALUES (?, ?, 1)');
  inTransactions(db, size.chats, 5, (n) => {
    const chatId = nthId('chat', n);
    const members = membersOf(n, size);
    chat.run(chatId, members[0]);
    key.run(chatId, randomBytes(32), randomBytes(65));
    for (const user of members) member.run(chatId, user);
  });
}

function inTransactions(
  db: Database.Database,
  count: number,
  rowsEach: number,
  insert: (n: number) => void,
): void {
  const batch = Math.ceil(ROWS_PER_TRANSACTION / rowsEach);
  for (let from = 0; from < count; from += batch)
    db.transaction(() => {
      for (let n = from; n < Math.min(count, from + batch); n++) insert(n);
    })();
}

const bytesOf = (id: string): Buffer => Buffer.from(id.replaceAll('-', ''), 'hex');
