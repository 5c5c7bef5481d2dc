import { eventually } from '@app/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aChat, aMember, aMessage, aTombstone, CHAT, ME, messages, OTHER } from '../test/factories.js';
import { SmallServer } from '../test/small-server.js';
import { ChatClient } from './chat-client.js';
import { ChatSearch, HITS_MAX } from './chat-search.js';
import { CookieJar } from './cookie-jar.js';

describe('a search in a chat', () => {
  let server: SmallServer;
  let client: ChatClient;
  let pages = 0;
  const searches: ChatSearch[] = [];

  beforeEach(async () => {
    pages = 0;
    server = await new SmallServer().start();
    server.refusePage = () => void pages++;
    client = new ChatClient({ baseUrl: server.url, cookies: new CookieJar() });
    await client.logIn('me', 'password');
    await eventually(() => client.state === 'connected' && client.ready, 'it is connected');
  });
  afterEach(async () => {
    for (const one of searches.splice(0)) one.close();
    client.stop();
    await server.kill();
  });

  /** Stores messages that say `text N`, but for some. */
  function history(count: number, others: Readonly<Record<number, string>> = {}): void {
    for (const message of messages(1, count)) {
      const text = others[message.seq];
      server.history.push(text === undefined ? message : aMessage(message.seq, { text }));
    }
  }

  function search(text: string): ChatSearch {
    const made = new ChatSearch(client, CHAT, text);
    searches.push(made);
    return made;
  }

  async function searched(text: string): Promise<ChatSearch> {
    const made = search(text);
    await eventually(() => made.snapshot.state !== 'searching', 'it has ended');
    return made;
  }

  const seqs = (one: ChatSearch): readonly number[] => one.snapshot.hits.map(({ message }) => message.seq);

  it('finds what there is in all pages, the newest first', async () => {
    history(450, { 1: 'Żółw', 200: 'a zolw', 201: 'ŻÓŁW!', 450: 'żo\u0301łw' });

    const done = await searched('żółw');

    expect(seqs(done)).toEqual([450, 201, 200, 1]);
    expect(done.snapshot).toMatchObject({ state: 'done', searched: 450, error: null });
    expect(pages).toBe(3);
    const [hit] = done.snapshot.hits;
    expect(hit?.ranges.map(({ start, end }) => hit.text.slice(start, end))).toEqual(['żo\u0301łw']);
  });

  it('tells hits as they come', async () => {
    history(400, { 10: 'needle', 390: 'needle' });
    const told: (readonly number[])[] = [];
    const one = search('needle');
    one.onChange(({ hits }) => told.push(hits.map(({ message }) => message.seq)));

    await eventually(() => one.snapshot.state === 'done', 'it has ended');

    expect(told).toContainEqual([390]);
    expect(told.at(-1)).toEqual([390, 10]);
  });

  it.each(['', '   ', '\n'])('looks for nothing when %j is asked for', async (text) => {
    history(3);
    const done = await searched(text);

    expect(done.snapshot).toMatchObject({ state: 'done', hits: [] });
    expect(pages).toBe(0);
  });

  it('looks at no tombstone and no damaged message, and at an empty chat without an end', async () => {
    const empty = await searched('text');
    expect(empty.snapshot).toMatchObject({ state: 'done', hits: [], searched: 0 });

    history(3);
    server.change(aTombstone(1));
    server.change(aMessage(2, { text: null, damaged: true }));
    expect(seqs(await searched('text'))).toEqual([3]);
  });

  it('keeps the newest hits, says that there are more, and fills up when one goes', async () => {
    history(1_200);

    const full = await searched('text');

    expect(full.snapshot.state).toBe('full');
    expect([seqs(full).length, seqs(full)[0], seqs(full).at(-1)]).toEqual([HITS_MAX, 1_200, 701]);
    const fetched = pages;
    const message = server.store(OTHER, 'text of today', 'new');
    server.tell('message:new', { message });
    await eventually(() => seqs(full)[0] === 1_201, 'the new one is listed');
    expect([seqs(full).length, seqs(full).at(-1), pages]).toEqual([HITS_MAX, 702, fetched]);
    server.change(aTombstone(1_201));
    server.tell('message:deleted', { message: aTombstone(1_201) });
    await eventually(() => seqs(full).at(-1) === 701, 'an older one takes its place');
    await eventually(() => full.snapshot.state === 'full', 'there are still more');
    expect([seqs(full).length, seqs(full)[0]]).toEqual([HITS_MAX, 1_200]);
  });

  it('changes and removes hits at once', async () => {
    history(300, { 7: 'needle', 280: 'needle too', 281: 'nothing' });
    const done = await searched('needle');
    expect(seqs(done)).toEqual([280, 7]);

    server.tell('message:deleted', { message: aTombstone(7) });
    await eventually(() => seqs(done).length === 1, 'the deleted one goes');
    // What an edit looks like to the search: the same message with another text.
    server.tell('message:new', { message: aMessage(280, { text: 'no more' }) });
    server.tell('message:new', { message: aMessage(281, { text: 'now a Needle' }) });
    await eventually(() => seqs(done)[0] === 281, 'the edited ones change places');
    expect(done.snapshot.hits.map(({ text }) => text)).toEqual(['now a Needle']);
    await client.send(CHAT, 'my own needle').stored;
    expect(seqs(done)).toEqual([301, 281]);
  });

  it('believes what is told while a page is under way, not the page', async () => {
    history(300, { 20: 'needle', 21: 'needle', 280: 'needle' });
    let told = false;
    server.refusePage = () => {
      pages++;
      if (pages === 2 && !told) {
        told = true;
        // The page is made of what is stored before the change, and comes after it.
        server.tell('message:deleted', { message: aTombstone(20) });
      }
      return undefined;
    };

    const done = await searched('needle');

    await eventually(() => !seqs(done).includes(20), 'it is not listed');
    expect(seqs(done)).toEqual([280, 21]);
  });

  it('waits as long as the server asks for, says so, and misses nothing', async () => {
    history(600, { 1: 'needle', 599: 'needle' });
    server.refusePage = () => (++pages % 2 === 0 ? 'RATE_LIMITED' : undefined);
    const reasons = new Set<string>();
    const began = performance.now();
    const one = search('needle');
    one.onChange(({ error }) => void (error && reasons.add(error.code)));

    await eventually(() => one.snapshot.state === 'done', 'it has ended');

    expect(seqs(one)).toEqual([599, 1]);
    expect([...reasons]).toEqual(['RATE_LIMITED']);
    expect(one.snapshot.error).toBeNull();
    expect(performance.now() - began).toBeGreaterThan(200);
  });

  it('fails with a definite refusal, and keeps what it has found', async () => {
    history(600, { 1: 'needle', 599: 'needle' });
    server.refusePage = () => (++pages === 2 ? 'INTERNAL' : undefined);

    const failed = await searched('needle');

    expect(failed.snapshot).toMatchObject({ state: 'failed', error: { code: 'INTERNAL' } });
    expect(seqs(failed)).toEqual([599]);
  });

  it('goes on after a cut, and reads again what it has found', async () => {
    history(900, { 5: 'needle', 850: 'needle', 851: 'needle', 890: 'needle' });
    const one = search('needle');
    await eventually(() => seqs(one).length >= 3, 'it has begun');

    await server.kill();
    await eventually(() => client.state === 'reconnecting', 'the cut is noticed');
    server.change(aTombstone(851));
    server.change(aMessage(890, { text: 'edited away' }));
    server.store(OTHER, 'a new needle', 'new');
    await server.start();

    await eventually(() => seqs(one).join() === '901,850,5', `it is right, not ${seqs(one).join()}`);
    await eventually(() => one.snapshot.state === 'done', 'it has ended');
  });

  it('stops at once, keeps its hits true, and reads no older page', async () => {
    history(2_000, { 1: 'needle', 1_990: 'needle' });
    const one = search('needle');
    one.onChange(({ hits }) => void (hits.length > 0 && one.stop()));
    await eventually(() => one.snapshot.state === 'stopped', 'it has stopped');
    const fetched = pages;

    server.tell('message:deleted', { message: aTombstone(1_990) });

    await eventually(() => seqs(one).length === 0, 'the deleted one goes');
    expect(fetched).toBeLessThan(4);
    expect(pages).toBe(fetched);
    expect(one.snapshot.state).toBe('stopped');
  });

  it('forgets everything when the chat goes, and when it is closed', async () => {
    history(10, { 5: 'needle' });
    const [gone, closed] = await Promise.all([searched('needle'), searched('needle')]);

    closed.close();
    expect(closed.snapshot.hits).toEqual([]);
    server.tell('chat:deleted', { chatId: CHAT });

    await eventually(() => gone.snapshot.state === 'gone', 'it is gone');
    expect(gone.snapshot.hits).toEqual([]);
  });

  it('lists nothing of somebody whose account is deleted', async () => {
    history(10, { 5: 'needle' });
    server.store(ME, 'my needle', 'mine');
    const done = await searched('needle');
    expect(seqs(done)).toEqual([11, 5]);

    const former = { id: OTHER, username: null, leftAt: '2026-01-03T00:00:00.000Z' };
    const chat = aChat({
      members: [aMember({ id: ME, username: 'me' })],
      formerMembers: [former],
      lastSeq: 11,
    });
    server.chats = [chat];
    server.tell('chat:updated', { chat });

    await eventually(() => seqs(done).join() === '11', 'only the own one stays');
  });

  it('reads a very long chat in as many pages as it has', async () => {
    history(100_000, { 3: 'needle', 99_999: 'needle' });

    const done = await searched('needle');

    expect(seqs(done)).toEqual([99_999, 3]);
    expect(done.snapshot.searched).toBe(100_000);
    expect(pages).toBe(500);
  }, 60_000);
});
