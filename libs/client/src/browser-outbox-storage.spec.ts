import { describe, expect, it } from 'vitest';
import { browserOutboxStorage, KeyValueOutboxStorage } from './browser-outbox-storage.js';
import { MemoryOutboxStorage, type OutboxEntry } from './outbox-storage.js';

/** As localStorage: string keys and values, a limit. */
class BrowserLikeStore {
  readonly items = new Map<string, string>();
  constructor(private readonly limit = Number.POSITIVE_INFINITY) {}
  get length(): number {
    return this.items.size;
  }
  key(index: number): string | null {
    return [...this.items.keys()][index] ?? null;
  }
  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    if (this.items.size >= this.limit) throw new Error('QuotaExceededError');
    this.items.set(key, value);
  }
  removeItem(key: string): void {
    this.items.delete(key);
  }
}

function anEntry(number: number, over: Partial<OutboxEntry> = {}): OutboxEntry {
  return {
    chatId: 'c',
    clientMessageId: `m${number}`,
    text: `t${number}`,
    createdAt: '2026-01-01T00:00:00.000Z',
    ...over,
  };
}

describe.each([
  ['KeyValueOutboxStorage', () => new KeyValueOutboxStorage(new BrowserLikeStore())],
  ['MemoryOutboxStorage', () => new MemoryOutboxStorage()],
])('%s', (_name, make) => {
  it('gives a user their entries in the order they were put, also within one millisecond', () => {
    const storage = make();
    const entries = Array.from({ length: 30 }, (_, i) => anEntry(i));

    for (const entry of entries) storage.put('u1', entry);

    expect(storage.load('u1')).toEqual(entries);
  });

  it('gives a user nothing of another', () => {
    const storage = make();

    storage.put('u1', anEntry(1));
    storage.put('u2', anEntry(2));
    storage.clear('u1');

    expect(storage.load('u1')).toEqual([]);
    expect(storage.load('u2')).toEqual([anEntry(2)]);
  });

  it('does not give what was removed', () => {
    const storage = make();
    storage.put('u1', anEntry(1));
    storage.put('u1', anEntry(2));

    storage.remove('u1', 'm1');
    storage.remove('u1', 'unknown');

    expect(storage.load('u1')).toEqual([anEntry(2)]);
  });
});

describe('KeyValueOutboxStorage', () => {
  it('gives the entries in order, when they were put before a reload', () => {
    const store = new BrowserLikeStore();
    new KeyValueOutboxStorage(store).put('u1', anEntry(1));
    new KeyValueOutboxStorage(store).put('u1', anEntry(2, { createdAt: '2026-01-01T00:00:00.001Z' }));

    expect(new KeyValueOutboxStorage(store).load('u1').map(({ text }) => text)).toEqual(['t1', 't2']);
  });

  it('gives the entries in order, when the clock was put back between them, also after a reload', () => {
    const store = new BrowserLikeStore();
    const at = (hour: number): Partial<OutboxEntry> => ({ createdAt: `2026-01-01T0${hour}:00:00.000Z` });
    const storage = new KeyValueOutboxStorage(store);
    storage.put('u1', anEntry(1, at(5)));
    storage.put('u1', anEntry(2, at(3)));
    new KeyValueOutboxStorage(store).put('u1', anEntry(3, at(4)));

    expect(new KeyValueOutboxStorage(store).load('u1').map(({ text }) => text)).toEqual(['t1', 't2', 't3']);
  });

  it('gives the entries in order, when two tabs put them in turn', () => {
    const store = new BrowserLikeStore();
    const tabs = [new KeyValueOutboxStorage(store), new KeyValueOutboxStorage(store)];
    for (let i = 0; i < 12; i++) tabs[i % 2]?.put('u1', anEntry(i));

    expect(tabs[0]?.load('u1').map(({ text }) => text)).toEqual(
      Array.from({ length: 12 }, (_, i) => `t${i}`),
    );
  });

  it('gives entries that an earlier version kept before its own', () => {
    const store = new BrowserLikeStore();
    new KeyValueOutboxStorage(store).put('u1', anEntry(2));
    const earlier = { order: '2026-01-01T00:00:00.000Z.000000007', entry: anEntry(1) };
    store.setItem('secure-chat.outbox.u1.m1', JSON.stringify(earlier));

    expect(new KeyValueOutboxStorage(store).load('u1')).toEqual([anEntry(1), anEntry(2)]);
  });

  it('knows what another tab has taken out, and keeps knowing what the browser refused to keep', () => {
    const store = new BrowserLikeStore(2); // the counter is one
    const storage = new KeyValueOutboxStorage(store);
    storage.put('u1', anEntry(1));
    storage.put('u1', anEntry(2));

    new KeyValueOutboxStorage(store).remove('u1', 'm1');

    expect([storage.has('u1', 'm1'), storage.has('u1', 'm2')]).toEqual([false, true]);
  });

  it('keeps what it can, when the browser refuses to keep more', () => {
    const storage = new KeyValueOutboxStorage(new BrowserLikeStore(2)); // the counter is one

    storage.put('u1', anEntry(1));
    storage.put('u1', anEntry(2));

    expect(storage.load('u1')).toEqual([anEntry(1)]);
  });

  it('passes over what it did not write', () => {
    const store = new BrowserLikeStore();
    store.setItem('secure-chat.outbox.u1.x', 'not json');
    store.setItem('secure-chat.outbox.u1.y', '{"order":"1","entry":{"text":5}}');
    store.setItem('other', '{}');

    expect(new KeyValueOutboxStorage(store).load('u1')).toEqual([]);
  });
});

describe('browserOutboxStorage', () => {
  it('keeps entries in memory, when there is no localStorage', () => {
    expect(browserOutboxStorage()).toBeInstanceOf(MemoryOutboxStorage);
  });
});
