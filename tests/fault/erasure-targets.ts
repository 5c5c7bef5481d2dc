import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Chat, Message } from '@app/contracts/edge';
import { EdgeClient, PieceScanner, type EdgeAnswer, type Stack } from '@app/testing';
import Database from 'better-sqlite3';
import type { Way } from './erasure-steps.js';

const FEW = 6;

/** How many messages are sent at the same time. */
const CONCURRENCY = 30;

/** What is erased while a service is killed. */
export interface ErasureTarget {
  /** Searches for all stored secrets of it. */
  readonly scanner: PieceScanner;
  /** Calls for its erasure; repeats are safe. Returns false for SERVICE_UNAVAILABLE. */
  readonly erase: () => Promise<boolean>;
  /** Further calls that are made at the same time. */
  readonly meanwhile: readonly (() => Promise<unknown>)[];
  /** Returns whether the erasure has been committed, so that it finishes by itself. */
  readonly isCommitted: () => boolean;
  /** Returns what users can still read of it. */
  readonly readable: () => Promise<readonly string[]>;
  /** Returns the problems afterwards: lost data that should have stayed, and rows that should be deleted. */
  readonly problems: () => Promise<readonly string[]>;
}

/** The users of the tests. */
export interface Users {
  readonly ann: EdgeClient;
  readonly bob: EdgeClient;
  /** A member of no chat, with the keys of all. */
  readonly carol: EdgeClient;
}

/** Creates and fills what is to be erased. */
export async function erasureTarget(
  way: Way,
  stack: Stack,
  users: Users,
  messages = FEW,
): Promise<ErasureTarget> {
  if (way === 'an account') return anAccount(stack, users, messages);
  const { ann, bob, carol } = users;
  const { chat, key } = await ann.createChat(`name ${randomUUID()}`);
  if (way !== 'a chat whose last member leaves') await bob.join(key);
  const sent = await fill(ann, chat, messages);
  if (way === 'a message') return aMessage(stack, users, chat, key, sent);
  const leave = async (who: EdgeClient): Promise<boolean> =>
    isAnswered([204, 404], await who.call('DELETE', `/chats/${chat.id}/members/me`));
  const erase =
    way === 'a chat'
      ? async () => isAnswered([200], await ann.call('DELETE', `/chats/${chat.id}`))
      : // Carol may have joined meanwhile, and is the last member then.
        async () => (await Promise.all([ann, carol].map(leave))).every(Boolean);
  return {
    scanner: scannerOf(stack, [chat.id]),
    erase,
    meanwhile: [
      () => bob.call('DELETE', `/chats/${chat.id}`),
      () => ann.send(chat.id, 'sent meanwhile'),
      () => carol.join(key),
      () => leave(bob),
    ],
    isCommitted: () => isDeleted(stack, chat.id),
    readable: () => readableBy([ann, bob, carol], chat.id, sent),
    problems: async () => [
      ...(isDeleted(stack, chat.id) ? [] : ['the chat exists']),
      ...orphanRows(stack),
      ...(await readableBy([ann, bob, carol], chat.id, sent)),
    ],
  };
}

/** A message among others, which stay. */
function aMessage(
  stack: Stack,
  { ann, bob, carol }: Users,
  chat: Chat,
  key: string,
  sent: readonly Message[],
): ErasureTarget {
  const target = sent[2];
  if (!target) throw new Error('no message was sent');
  const kept = sent.filter(({ id }) => id !== target.id);
  const remove = (): Promise<EdgeAnswer> => ann.call('DELETE', `/chats/${chat.id}/messages/${target.id}`);
  return {
    scanner: scannerOf(stack, [chat.id], target.seq),
    erase: async () => isAnswered([200], await remove()),
    meanwhile: [
      remove,
      () => ann.send(chat.id, 'sent meanwhile'),
      () => carol.join(key),
      () => bob.call('DELETE', `/chats/${chat.id}/members/me`),
    ],
    isCommitted: () => storedOf(stack, chat.id).every(({ seq }) => seq !== target.seq),
    readable: () => readableBy([ann, bob], chat.id, [target]),
    problems: async () => {
      const { messages } = await ann.page(chat.id);
      return [
        ...messages.filter(({ damaged }) => damaged).map(({ seq }) => `message ${seq} is damaged`),
        ...kept
          .filter(({ text }) => !messages.some((message) => message.text === text))
          .map(({ seq }) => `message ${seq} is lost`),
        ...(messages.find(({ id }) => id === target.id)?.deletedAt ? [] : ['there is no tombstone']),
      ];
    },
  };
}

/** A user with a chat of their own, which is erased with the account, and one that they share with Bob. */
async function anAccount(stack: Stack, { bob, carol }: Users, messages: number): Promise<ErasureTarget> {
  const dora = await EdgeClient.signedUp(stack.url);
  const shared = await dora.createChat();
  await bob.join(shared.key);
  const alone = await dora.createChat('Alone');
  const theirs = [...(await fill(dora, shared.chat, messages)), ...(await fill(dora, alone.chat, FEW))];
  const answer = await bob.send(shared.chat.id, `to stay ${randomUUID()}`);
  const scanner = scannerOf(stack, [alone.chat.id]);
  for (const { seq, sealed } of storedOf(stack, shared.chat.id))
    if (seq !== answer.seq) scanner.add(`message ${seq}`, sealed);
  const hash = query(stack, 'auth.db', (db) =>
    db.prepare('SELECT password_hash FROM users WHERE id = ?').pluck().get(dora.id),
  );
  // Its beginning, the parameters, is the same for all users.
  for (const part of String(hash).split('$').slice(-2)) scanner.add('password hash', Buffer.from(part));
  const remove = (): Promise<EdgeAnswer> =>
    dora.call('DELETE', '/auth/account', { password: EdgeClient.password });
  return {
    scanner,
    erase: async () => isAnswered([204, 401], await remove()),
    meanwhile: [
      remove,
      () => dora.send(shared.chat.id, 'sent meanwhile'),
      () => bob.send(shared.chat.id, 'sent meanwhile by Bob'),
      () => carol.join(shared.key),
      () => bob.call('POST', `/chats/${shared.chat.id}/read`, { seq: 3 }),
    ],
    isCommitted: () =>
      query(stack, 'auth.db', (db) =>
        db.prepare('SELECT count(*) FROM users WHERE id = ?').pluck().get(dora.id),
      ) === 0,
    // Until it is erased, Bob may read the shared chat. Nobody may read the other one.
    readable: async () =>
      isDeleted(stack, alone.chat.id) ? readableBy([dora, carol], alone.chat.id, theirs) : [],
    problems: async () => {
      const { messages: left } = await bob.page(shared.chat.id, '?after=0&limit=200');
      return [
        ...(await readableBy([dora, bob, carol], alone.chat.id, theirs)),
        ...left.filter(({ damaged }) => damaged).map(({ seq }) => `message ${seq} is damaged`),
        ...left
          .filter(({ senderId, deletedAt }) => senderId === dora.id && deletedAt === null)
          .map(({ seq }) => `message ${seq} is not a tombstone`),
        ...((await bob.page(shared.chat.id, `?after=${answer.seq - 1}&limit=1`)).messages[0]?.text ===
        answer.text
          ? []
          : ['the message of Bob is lost']),
        ...(isDeleted(stack, alone.chat.id) ? [] : ['the empty chat exists']),
        ...orphanRows(stack),
      ];
    },
  };
}

/** Returns whether the status is an expected one, or false for 503. Throws for any other. */
function isAnswered(statuses: readonly number[], { status, body }: EdgeAnswer): boolean {
  if (status !== 503 && !statuses.includes(status))
    throw new Error(`an erasure was answered with ${status}: ${JSON.stringify(body)}`);
  return status !== 503;
}

async function fill(who: EdgeClient, { id }: Chat, count: number): Promise<Message[]> {
  const sent: Message[] = [];
  while (sent.length < count) {
    const some = Math.min(CONCURRENCY, count - sent.length);
    const texts = Array.from({ length: some }, () => randomBytes(60).toString('base64'));
    sent.push(...(await Promise.all(texts.map((text) => who.send(id, text)))));
  }
  return sent;
}

async function readableBy(
  readers: readonly EdgeClient[],
  chatId: string,
  messages: readonly Message[],
): Promise<string[]> {
  const texts = new Set(messages.map(({ text }) => text));
  const pages = await Promise.all(
    // A user who cannot read the chat reads nothing.
    readers.map((reader) => reader.page(chatId, '?limit=200').catch(() => ({ messages: [] }))),
  );
  return pages.flatMap(({ messages: shown }, i) =>
    shown.filter(({ text }) => text !== null && texts.has(text)).map(({ seq }) => `reader ${i} reads ${seq}`),
  );
}

function query<T>(stack: Stack, file: string, select: (db: Database.Database) => T): T {
  const db = new Database(join(stack.dataDir, file), { readonly: true });
  try {
    return select(db);
  } finally {
    db.close();
  }
}

const hexOf = (chatId: string): string => chatId.replaceAll('-', '').toUpperCase();

/** Returns the ciphertexts of a chat's messages. */
function storedOf(stack: Stack, chatId: string): { seq: number; sealed: Buffer }[] {
  return query(stack, 'gateway.db', (db) =>
    db
      .prepare<[string], { seq: number; sealed: Buffer }>(
        `SELECT seq, sealed FROM messages JOIN heads USING (ref)
          WHERE hex(chat_id) = ? AND sealed IS NOT NULL`,
      )
      .all(hexOf(chatId)),
  );
}

/** Returns a scanner for the secrets of chats in both databases. @param only the seq of a message, to search for it alone */
function scannerOf(stack: Stack, chatIds: readonly string[], only?: number): PieceScanner {
  const scanner = new PieceScanner();
  for (const chatId of chatIds) {
    for (const { seq, sealed } of storedOf(stack, chatId))
      if (only === undefined || seq === only) scanner.add(`message ${seq}`, sealed);
    if (only !== undefined) continue;
    const row = query(stack, 'chat.db', (db) =>
      db
        .prepare<[string], Record<string, Buffer | null>>(
          'SELECT wrapped_key, lookup, name_sealed FROM chats JOIN chat_keys ON chat_id = id WHERE id = ?',
        )
        .get(chatId),
    );
    for (const [name, bytes] of Object.entries(row ?? {})) if (bytes) scanner.add(name, bytes);
  }
  return scanner;
}

/** Returns whether chat has deleted a chat. */
function isDeleted(stack: Stack, chatId: string): boolean {
  return (
    query(stack, 'chat.db', (db) =>
      db.prepare('SELECT count(*) FROM chats WHERE id = ?').pluck().get(chatId),
    ) === 0
  );
}

/** Returns a problem where messages with ciphertext belong to no chat. */
function orphanRows(stack: Stack): string[] {
  const count = query(stack, 'gateway.db', (db) =>
    db
      .prepare(
        'SELECT count(*) FROM messages WHERE sealed IS NOT NULL AND ref NOT IN (SELECT ref FROM heads)',
      )
      .pluck()
      .get(),
  );
  return count === 0 ? [] : [`${String(count)} rows belong to no chat`];
}

/** Returns how many outbox events are not confirmed. */
export function unconfirmed(stack: Stack): number {
  return ['auth.db', 'chat.db'].reduce(
    (sum, file) =>
      sum + Number(query(stack, file, (db) => db.prepare('SELECT count(*) FROM outbox').pluck().get())),
    0,
  );
}
