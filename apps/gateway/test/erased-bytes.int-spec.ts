import { randomBytes, randomInt } from 'node:crypto';
import { join } from 'node:path';
import type { Chat, Message } from '@app/contracts/edge';
import { EdgeClient, eventually, PieceScanner, Stack } from '@app/testing';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const CHATS = 10;
const ROUNDS = 3;
const LIMIT_MS = 240_000;

let stack: Stack;
let ann: EdgeClient;
let bob: EdgeClient;

beforeAll(async () => {
  stack = await Stack.start();
  [ann, bob] = await Promise.all([EdgeClient.signedUp(stack.url), EdgeClient.signedUp(stack.url)]);
});
afterAll(() => stack.stop());

/** Creates chats that another user joins. */
async function sharedBy(owner: EdgeClient, other: EdgeClient): Promise<Chat[]> {
  const made = await Promise.all(Array.from({ length: CHATS }, () => owner.createChat()));
  await Promise.all(made.map(({ key }) => other.join(key)));
  return made.map(({ chat }) => chat);
}

/** Sends messages of random sizes to chats in random order, from random senders. */
async function write(chats: readonly Chat[], senders: readonly EdgeClient[]): Promise<Message[]> {
  const sends = chats.flatMap((chat) =>
    Array.from({ length: 3 }, () => async () => {
      const text = randomBytes(randomInt(20, 900)).toString('base64');
      const sender = senders[randomInt(senders.length)];
      if (!sender) throw new Error('there is no sender');
      return sender.send(chat.id, text);
    }),
  );
  const order = [...sends];
  const shuffled = sends.flatMap(() => order.splice(randomInt(order.length), 1));
  return Promise.all(shuffled.map((send) => send()));
}

/** Returns a scanner for the ciphertexts of stored messages. */
function scannerOf(messages: readonly Message[]): PieceScanner {
  const scanner = new PieceScanner();
  const database = new Database(join(stack.dataDir, 'gateway.db'), { readonly: true });
  try {
    const sealed = database
      .prepare<[string], Buffer>('SELECT sealed FROM messages WHERE hex(id) = ?')
      .pluck();
    for (const { id } of messages) {
      const bytes = sealed.get((id ?? '').replaceAll('-', '').toUpperCase());
      if (!bytes) throw new Error('a message is not stored');
      scanner.add(id ?? '', bytes);
    }
  } finally {
    database.close();
  }
  return scanner;
}

/** Expects that a member reads these messages as they were sent. */
async function expectReadable(reader: EdgeClient, messages: readonly Message[]): Promise<void> {
  const chatIds = new Set(messages.map(({ chatId }) => chatId));
  const pages = await Promise.all([...chatIds].map((id) => reader.page(id, '?after=0&limit=200')));
  const shown = new Map(pages.flatMap((page) => page.messages.map((one) => [one.id, one.text] as const)));
  for (const { id, text } of messages) expect(shown.get(id)).toBe(text);
}

describe('with concurrent writes to many chats', () => {
  it(
    'a deleted message leaves no 16-byte piece of its ciphertext in any file',
    async () => {
      const chats = await sharedBy(ann, bob);
      const kept = await write(chats, [ann, bob]);
      const scanners: PieceScanner[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        kept.push(...(await write(chats, [ann, bob])));
        const mine = kept.filter(({ senderId }) => senderId === ann.id);
        const doomed = Array.from({ length: 12 }, () => mine.splice(randomInt(mine.length), 1)[0]).flatMap(
          (message) => message ?? [],
        );
        const scanner = scannerOf(doomed);
        scanners.push(scanner);
        expect(scanner.found(stack.dataDir).size).toBe(doomed.length);
        for (const message of doomed) kept.splice(kept.indexOf(message), 1);

        const writing = write(chats, [ann, bob]);
        const answers = await Promise.all(
          doomed.map(({ chatId, id }) => ann.call('DELETE', `/chats/${chatId}/messages/${id}`)),
        );
        kept.push(...(await writing));

        expect(answers.every(({ status }) => status === 200)).toBe(true);
        await eventually(
          () => scanner.found(stack.dataDir).size === 0,
          'no piece of the ciphertexts is left',
        );
      }

      expect(scanners.flatMap((scanner) => [...scanner.found(stack.dataDir)])).toEqual([]);
      await expectReadable(bob, kept);
    },
    LIMIT_MS,
  );

  it(
    'a deleted account leaves no 16-byte piece of its messages’ ciphertexts in any file, and others’ messages stay',
    async () => {
      const others = await sharedBy(ann, bob);
      const kept = await write(others, [ann, bob]);
      for (let round = 0; round < ROUNDS; round++) {
        const dora = await EdgeClient.signedUp(stack.url);
        const chats = await sharedBy(dora, bob);
        const written: Message[] = [];
        for (let i = 0; i < 2; i++) {
          const [sent, meanwhile] = await Promise.all([write(chats, [dora, bob]), write(others, [ann, bob])]);
          written.push(...sent);
          kept.push(...meanwhile);
        }
        const hers = written.filter(({ senderId }) => senderId === dora.id);
        kept.push(...written.filter(({ senderId }) => senderId === bob.id));
        const scanner = scannerOf(hers);
        expect(scanner.found(stack.dataDir).size).toBe(hers.length);

        const writing = write(others, [ann, bob]);
        const answer = await dora.call('DELETE', '/auth/account', { password: EdgeClient.password });
        kept.push(...(await writing));

        expect(answer.status).toBe(204);
        await eventually(
          () => scanner.found(stack.dataDir).size === 0,
          'no piece of the ciphertexts is left',
          60_000,
        );
      }

      await expectReadable(bob, kept);
    },
    LIMIT_MS,
  );
});
