import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EdgeClient, eventually, Stack } from '@app/testing';
import type { Chat, Message } from '@app/contracts/edge';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitFor } from './wait-for.js';

const PAGE_BYTES = 4_096;
/** Enough messages for several pages with rows of one chat only. */
const MESSAGES = 40;

let stack: Stack;
beforeEach(async () => {
  stack = await Stack.start();
});
afterEach(() => stack.stop());

/** Returns the pages of the database file with ciphertext of these messages. */
function pagesOf(file: Buffer, sealed: readonly Buffer[]): Set<number> {
  const pages = new Set<number>();
  for (const bytes of sealed) pages.add(Math.floor(file.indexOf(bytes.subarray(0, 16)) / PAGE_BYTES));
  return pages;
}

describe('corrupt pages of the message store', () => {
  it('make their messages damaged, and all others can be read and written', async () => {
    const ann = await waitFor(() => EdgeClient.signedUp(stack.url), 'a user signs up');
    const chats: Chat[] = [];
    const sent: Message[][] = [];
    for (const name of ['corrupt', 'intact']) {
      const { chat } = await ann.createChat();
      chats.push(chat);
      sent.push([]);
      for (let i = 0; i < MESSAGES; i++)
        sent.at(-1)?.push(await ann.send(chat.id, `${name} ${i} ${'x'.repeat(600)}`));
    }
    const [corrupt, intact] = chats;
    if (!corrupt || !intact) throw new Error('there are no chats');
    await stack.services.gateway.end('SIGTERM');
    const path = join(stack.dataDir, 'gateway.db');
    const database = new Database(path, { readonly: true });
    const sealed = database.prepare('SELECT sealed FROM messages ORDER BY row').pluck().all() as Buffer[];
    database.close();
    const file = readFileSync(path);
    const others = pagesOf(file, sealed.slice(MESSAGES));
    const lost = [...pagesOf(file, sealed.slice(0, MESSAGES))].filter((page) => !others.has(page));
    for (const page of lost) file.fill(0xab, page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
    writeFileSync(path, file);
    const before = stack.log.length;

    await stack.restart('gateway');
    const { pid } = stack.services.gateway;
    const { messages } = await ann.page(corrupt.id, '?after=0&limit=200');

    const damaged = messages.filter((message) => message.damaged);
    expect(damaged.length).toBeGreaterThan(MESSAGES / 2);
    expect(messages.map(({ seq }) => seq)).toEqual(sent[0]?.map(({ seq }) => seq));
    const readable = messages.filter((message) => !message.damaged);
    expect(readable).toEqual(readable.map(({ seq }) => sent[0]?.[seq - 1]));
    expect((await ann.page(intact.id, '?after=0&limit=200')).messages).toEqual(sent[1]);

    const list = await ann.call('GET', '/chats');
    expect([list.status, (list.body['chats'] as Chat[]).map(({ id }) => id).toSorted()]).toEqual([
      200,
      [corrupt.id, intact.id].toSorted(),
    ]);
    for (const { id } of chats) {
      const later = await ann.send(id, 'after the damage');
      expect((await ann.page(id)).messages.at(-1)).toEqual(later);
    }
    for (const word of ['SQLITE_CORRUPT', corrupt.id])
      await eventually(() => stack.log.includes(word, before), `the log contains ${word}`);
    expect(stack.services.gateway.pid).toBe(pid);
  }, 120_000);
});
