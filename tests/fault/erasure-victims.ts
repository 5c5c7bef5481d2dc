import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Chat, Message } from '@app/contracts/edge';
import { EdgeClient, PieceScanner, type EdgeAnswer, type Stack } from '@app/testing';
import Database from 'better-sqlite3';
import type { Way } from './erasure-steps.js';

const FEW = 6;

/** How many are asked at once, so that a long chat is filled in good time. */
const AT_ONCE = 30;

/** What is to be erased while a service dies. */
export interface Victim {
  /** Looks for all that was stored of it. */
  readonly scanner: PieceScanner;
  /** Has it erased; again is safe. Whether no more is to be asked. */
  readonly erase: () => Promise<boolean>;
  /** What else is asked at the same time. */
  readonly meanwhile: readonly (() => Promise<unknown>)[];
  /** Whether its erasure is decided: from then on it finishes by itself. */
  readonly decided: () => boolean;
  /** What anybody can still open of it. */
  readonly opened: () => Promise<readonly string[]>;
  /** What is wrong with what must have stayed, or must be gone from the tables. */
  readonly wrongs: () => Promise<readonly string[]>;
}

/** Those who share the chats of the tests. */
export interface People {
  readonly ann: EdgeClient;
  readonly bob: EdgeClient;
  /** In none of the chats, but holds their keys. */
  readonly carol: EdgeClient;
}

/** Makes what is to be erased, filled and with two members where there may be. */
export async function victimOf(way: Way, stack: Stack, people: People, messages = FEW): Promise<Victim> {
  if (way === 'an account') return anAccount(stack, people, messages);
  const { ann, bob, carol } = people;
  const { chat, key } = await ann.createChat(`name ${randomUUID()}`);
  if (way !== 'a chat whose last member leaves') await bob.join(key);
  const sent = await fill(ann, chat, messages);
  if (way === 'a message') return aMessage(stack, people, chat, key, sent);
  const leave = async (who: EdgeClient): Promise<boolean> =>
    within([204, 404], await who.call('DELETE', `/chats/${chat.id}/members/me`));
  const erase =
    way === 'a chat'
      ? async () => within([200], await ann.call('DELETE', `/chats/${chat.id}`))
      : // Whoever slipped in meanwhile is the last one then.
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
    decided: () => gone(stack, chat.id),
    opened: () => openedBy([ann, bob, carol], chat.id, sent),
    wrongs: async () => [
      ...(gone(stack, chat.id) ? [] : ['the chat is there']),
      ...rowsOfNobody(stack),
      ...(await openedBy([ann, bob, carol], chat.id, sent)),
    ],
  };
}

/** One message among others, which stay. */
function aMessage(
  stack: Stack,
  { ann, bob, carol }: People,
  chat: Chat,
  key: string,
  sent: readonly Message[],
): Victim {
  const doomed = sent[2];
  if (!doomed) throw new Error('no message was sent');
  const kept = sent.filter(({ id }) => id !== doomed.id);
  const remove = (): Promise<EdgeAnswer> => ann.call('DELETE', `/chats/${chat.id}/messages/${doomed.id}`);
  return {
    scanner: scannerOf(stack, [chat.id], doomed.seq),
    erase: async () => within([200], await remove()),
    meanwhile: [
      remove,
      () => ann.send(chat.id, 'sent meanwhile'),
      () => carol.join(key),
      () => bob.call('DELETE', `/chats/${chat.id}/members/me`),
    ],
    decided: () => storedOf(stack, chat.id).every(({ seq }) => seq !== doomed.seq),
    opened: () => openedBy([ann, bob], chat.id, [doomed]),
    wrongs: async () => {
      const { messages } = await ann.page(chat.id);
      return [
        ...messages.filter(({ damaged }) => damaged).map(({ seq }) => `message ${seq} is damaged`),
        ...kept
          .filter(({ text }) => !messages.some((message) => message.text === text))
          .map(({ seq }) => `message ${seq} is lost`),
        ...(messages.find(({ id }) => id === doomed.id)?.deletedAt ? [] : ['there is no tombstone']),
      ];
    },
  };
}

/** Somebody with a chat of their own, which goes with them, and one that they share with someone who stays. */
async function anAccount(stack: Stack, { bob, carol }: People, messages: number): Promise<Victim> {
  const dora = await EdgeClient.signedUp(stack.url);
  const shared = await dora.createChat();
  await bob.join(shared.key);
  const alone = await dora.createChat('Alone');
  const theirs = [...(await fill(dora, shared.chat, messages)), ...(await fill(dora, alone.chat, FEW))];
  const answer = await bob.send(shared.chat.id, `to stay ${randomUUID()}`);
  const scanner = scannerOf(stack, [alone.chat.id]);
  for (const { seq, sealed } of storedOf(stack, shared.chat.id))
    if (seq !== answer.seq) scanner.add(`message ${seq}`, sealed);
  const hash = read(stack, 'auth.db', (db) =>
    db.prepare('SELECT password_hash FROM users WHERE id = ?').pluck().get(dora.id),
  );
  // What it begins with is the same for everybody.
  for (const part of String(hash).split('$').slice(-2)) scanner.add('password hash', Buffer.from(part));
  const remove = (): Promise<EdgeAnswer> =>
    dora.call('DELETE', '/auth/account', { password: EdgeClient.password });
  return {
    scanner,
    erase: async () => within([204, 401], await remove()),
    meanwhile: [
      remove,
      () => dora.send(shared.chat.id, 'sent meanwhile'),
      () => bob.send(shared.chat.id, 'sent meanwhile by the one who stays'),
      () => carol.join(shared.key),
      () => bob.call('POST', `/chats/${shared.chat.id}/read`, { seq: 3 }),
    ],
    decided: () =>
      read(stack, 'auth.db', (db) =>
        db.prepare('SELECT count(*) FROM users WHERE id = ?').pluck().get(dora.id),
      ) === 0,
    // Until it is wiped, the other one may read what they were sent; nobody else may read anything.
    opened: async () => (gone(stack, alone.chat.id) ? openedBy([dora, carol], alone.chat.id, theirs) : []),
    wrongs: async () => {
      const { messages: left } = await bob.page(shared.chat.id, '?after=0&limit=200');
      return [
        ...(await openedBy([dora, bob, carol], alone.chat.id, theirs)),
        ...left.filter(({ damaged }) => damaged).map(({ seq }) => `message ${seq} is damaged`),
        ...left
          .filter(({ senderId, deletedAt }) => senderId === dora.id && deletedAt === null)
          .map(({ seq }) => `message ${seq} is no tombstone`),
        ...((await bob.page(shared.chat.id, `?after=${answer.seq - 1}&limit=1`)).messages[0]?.text ===
        answer.text
          ? []
          : ['the message of the one who stays is lost']),
        ...(gone(stack, alone.chat.id) ? [] : ['the chat that was left empty is there']),
        ...rowsOfNobody(stack),
      ];
    },
  };
}

/** Whether an answer is one of those awaited; unavailable means to ask again, and anything else is a fault. */
function within(statuses: readonly number[], { status, body }: EdgeAnswer): boolean {
  if (status !== 503 && !statuses.includes(status))
    throw new Error(`an erasure was answered by ${status}: ${JSON.stringify(body)}`);
  return status !== 503;
}

async function fill(who: EdgeClient, { id }: Chat, count: number): Promise<Message[]> {
  const sent: Message[] = [];
  while (sent.length < count) {
    const some = Math.min(AT_ONCE, count - sent.length);
    const texts = Array.from({ length: some }, () => randomBytes(60).toString('base64'));
    sent.push(...(await Promise.all(texts.map((text) => who.send(id, text)))));
  }
  return sent;
}

async function openedBy(
  readers: readonly EdgeClient[],
  chatId: string,
  messages: readonly Message[],
): Promise<string[]> {
  const texts = new Set(messages.map(({ text }) => text));
  const pages = await Promise.all(
    // One who is not there answers nothing.
    readers.map((reader) => reader.page(chatId, '?limit=200').catch(() => ({ messages: [] }))),
  );
  return pages.flatMap(({ messages: shown }, i) =>
    shown.filter(({ text }) => text !== null && texts.has(text)).map(({ seq }) => `reader ${i} opens ${seq}`),
  );
}

function read<T>(stack: Stack, file: string, look: (db: Database.Database) => T): T {
  const db = new Database(join(stack.dataDir, file), { readonly: true });
  try {
    return look(db);
  } finally {
    db.close();
  }
}

const hexOf = (chatId: string): string => chatId.replaceAll('-', '').toUpperCase();

/** The sealed messages of a chat. */
function storedOf(stack: Stack, chatId: string): { seq: number; sealed: Buffer }[] {
  return read(stack, 'gateway.db', (db) =>
    db
      .prepare<[string], { seq: number; sealed: Buffer }>(
        `SELECT seq, sealed FROM messages JOIN heads USING (ref)
          WHERE hex(chat_id) = ? AND sealed IS NOT NULL`,
      )
      .all(hexOf(chatId)),
  );
}

/** Looks for what both stores hold of chats: all of it, or one message. */
function scannerOf(stack: Stack, chatIds: readonly string[], only?: number): PieceScanner {
  const scanner = new PieceScanner();
  for (const chatId of chatIds) {
    for (const { seq, sealed } of storedOf(stack, chatId))
      if (only === undefined || seq === only) scanner.add(`message ${seq}`, sealed);
    if (only !== undefined) continue;
    const row = read(stack, 'chat.db', (db) =>
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

/** Whether chat has destroyed a chat. */
function gone(stack: Stack, chatId: string): boolean {
  return (
    read(stack, 'chat.db', (db) =>
      db.prepare('SELECT count(*) FROM chats WHERE id = ?').pluck().get(chatId),
    ) === 0
  );
}

/** Messages with bytes that belong to no chat. */
function rowsOfNobody(stack: Stack): string[] {
  const count = read(stack, 'gateway.db', (db) =>
    db
      .prepare(
        'SELECT count(*) FROM messages WHERE sealed IS NOT NULL AND ref NOT IN (SELECT ref FROM heads)',
      )
      .pluck()
      .get(),
  );
  return count === 0 ? [] : [`${String(count)} rows belong to no chat`];
}

/** How many events wait to be confirmed. */
export function unconfirmed(stack: Stack): number {
  return ['auth.db', 'chat.db'].reduce(
    (sum, file) =>
      sum + Number(read(stack, file, (db) => db.prepare('SELECT count(*) FROM outbox').pluck().get())),
    0,
  );
}
