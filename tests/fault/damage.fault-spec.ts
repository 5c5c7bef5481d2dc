import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EdgeClient, eventually, Stack } from '@app/testing';
import type { Chat, Message } from '@app/contracts/edge';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { patiently } from './patience.js';

const PAGE_BYTES = 4_096;
/** Long enough for some pages of each chat's own. */
const MESSAGES = 40;

let stack: Stack;
beforeEach(async () => {
  stack = await Stack.start();
});
afterEach(() => stack.stop());

/** The store's pages from which a piece of a message's sealed bytes can be read. */
function pagesOf(file: Buffer, sealed: readonly Buffer[]): Set<number> {
  const pages = new Set<number>();
  for (const bytes of sealed) pages.add(Math.floor(file.indexOf(bytes.subarray(0, 16)) / PAGE_BYTES));
  return pages;
}

describe('pages of the message store that a disk has spoilt', () => {
  it('show what stood in them as damaged; all else is read and written as before', async () => {
    const ann = await patiently(() => EdgeClient.signedUp(stack.url), 'one signs up');
    const chats: Chat[] = [];
    const said: Message[][] = [];
    for (const name of ['spoilt', 'whole']) {
      const { chat } = await ann.createChat();
      chats.push(chat);
      said.push([]);
      for (let i = 0; i < MESSAGES; i++)
        said.at(-1)?.push(await ann.send(chat.id, `${name} ${i} ${'x'.repeat(600)}`));
    }
    const [spoilt, whole] = chats;
    if (!spoilt || !whole) throw new Error('there are no chats');
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
    const { messages } = await ann.page(spoilt.id, '?after=0&limit=200');

    const damaged = messages.filter((message) => message.damaged);
    expect(damaged.length).toBeGreaterThan(MESSAGES / 2);
    expect(messages.map(({ seq }) => seq)).toEqual(said[0]?.map(({ seq }) => seq));
    const readable = messages.filter((message) => !message.damaged);
    expect(readable).toEqual(readable.map(({ seq }) => said[0]?.[seq - 1]));
    expect((await ann.page(whole.id, '?after=0&limit=200')).messages).toEqual(said[1]);

    const list = await ann.call('GET', '/chats');
    expect([list.status, (list.body['chats'] as Chat[]).map(({ id }) => id).toSorted()]).toEqual([
      200,
      [spoilt.id, whole.id].toSorted(),
    ]);
    for (const { id } of chats) {
      const sent = await ann.send(id, 'after the damage');
      expect((await ann.page(id)).messages.at(-1)).toEqual(sent);
    }
    for (const word of ['SQLITE_CORRUPT', spoilt.id])
      await eventually(() => stack.log.includes(word, before), `the log names ${word}`);
    expect(stack.services.gateway.pid).toBe(pid);
  }, 120_000);
});
