import type { Message } from '@app/contracts/edge';
import { eventually } from '@app/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { aMessage, CHAT, ME } from '../test/factories.js';
import { ApiError } from './api-error.js';
import { MemoryOutboxStorage, type OutboxEntry } from './outbox-storage.js';
import { Outbox, OUTBOX_LIMIT } from './outbox.js';

const OTHER_CHAT = '00000000-0000-4000-8000-0000000000c2';

/** A server's side in memory: stores each id once, answers as told. */
class Shelf {
  readonly stored: OutboxEntry[] = [];
  readonly asked: string[] = [];
  /** What the next deliveries fail with, after or before the message was stored. */
  readonly failures: { readonly error: ApiError; readonly afterStoring: boolean }[] = [];
  refuse: (entry: OutboxEntry) => ApiError | undefined = () => undefined;

  deliver = async (entry: OutboxEntry): Promise<Message> => {
    await Promise.resolve();
    this.asked.push(entry.clientMessageId);
    const refusal = this.refuse(entry);
    if (refusal) throw refusal;
    const failure = this.failures.shift();
    if (failure && !failure.afterStoring) throw failure.error;
    if (!this.stored.some((known) => known.clientMessageId === entry.clientMessageId))
      this.stored.push(entry);
    if (failure) throw failure.error;
    return aMessage(this.stored.length, { ...entry, senderId: ME });
  };

  texts(): readonly string[] {
    return this.stored.map(({ text }) => text);
  }
}

const lost = new ApiError('SERVICE_UNAVAILABLE', { detail: 'lost' });

describe('Outbox', () => {
  const open: Outbox[] = [];
  afterEach(() => open.splice(0).forEach((outbox) => outbox.close()));

  function anOutbox(shelf: Shelf, storage = new MemoryOutboxStorage()): Outbox {
    const outbox = new Outbox({
      storage,
      deliver: shelf.deliver,
      onChange: () => undefined,
      onStored: () => undefined,
    });
    open.push(outbox);
    outbox.open(ME);
    return outbox;
  }

  it('shows a message as sending at once, and no more once it is stored', async () => {
    const outbox = anOutbox(new Shelf());

    const sending = outbox.add(CHAT, 'hello');
    expect(outbox.unsent(CHAT)).toMatchObject([{ text: 'hello', state: 'sending', error: null }]);
    outbox.resume();

    await expect(sending.stored).resolves.toMatchObject({
      text: 'hello',
      clientMessageId: sending.clientMessageId,
    });
    expect(outbox.unsent(CHAT)).toEqual([]);
  });

  it('stores every message once and in order, when answers are lost again and again', async () => {
    const shelf = new Shelf();
    const outbox = anOutbox(shelf);
    for (const afterStoring of [true, false, true, true]) shelf.failures.push({ error: lost, afterStoring });

    const sendings = ['a', 'b', 'c'].map((text) => outbox.add(CHAT, text));
    outbox.resume();
    await Promise.all(sendings.map(({ stored }) => stored));

    expect(shelf.texts()).toEqual(['a', 'b', 'c']);
    expect(shelf.asked).toHaveLength(7);
  });

  it('waits as long as the server asks and keeps the order, when it is rate limited', async () => {
    const shelf = new Shelf();
    const outbox = anOutbox(shelf);
    const limited = new ApiError('RATE_LIMITED', { detail: 'slow', retryAfter: 0.2 });
    shelf.failures.push({ error: limited, afterStoring: false });
    outbox.resume();
    const begin = performance.now();

    const sendings = ['a', 'b'].map((text) => outbox.add(CHAT, text));
    await Promise.all(sendings.map(({ stored }) => stored));

    expect(performance.now() - begin).toBeGreaterThanOrEqual(200);
    expect(shelf.texts()).toEqual(['a', 'b']);
  });

  it('fails the message and sends the next, when it is definitely refused', async () => {
    const shelf = new Shelf();
    const outbox = anOutbox(shelf);
    const refusal = new ApiError('CHAT_NOT_FOUND', { detail: 'none' });
    shelf.refuse = ({ text }) => (text === 'bad' ? refusal : undefined);
    outbox.resume();

    const bad = outbox.add(CHAT, 'bad');
    const good = outbox.add(CHAT, 'good');

    await expect(bad.stored).rejects.toBe(refusal);
    await good.stored;
    expect(outbox.unsent(CHAT)).toMatchObject([{ text: 'bad', state: 'failed', error: refusal }]);
    expect(shelf.texts()).toEqual(['good']);
  });

  it('sends a failed message again with the same id, when it is retried', async () => {
    const shelf = new Shelf();
    const outbox = anOutbox(shelf);
    shelf.refuse = () => new ApiError('INTERNAL', { detail: 'a bug' });
    outbox.resume();
    const { clientMessageId, stored } = outbox.add(CHAT, 'once more');
    await expect(stored).rejects.toMatchObject({ code: 'INTERNAL' });

    shelf.refuse = () => undefined;
    outbox.retry(clientMessageId);

    await eventually(() => outbox.unsent(CHAT).length === 0, 'it is sent');
    expect(shelf.stored).toMatchObject([{ clientMessageId, text: 'once more' }]);
  });

  it('forgets a failed message, when it is discarded', async () => {
    const shelf = new Shelf();
    const storage = new MemoryOutboxStorage();
    const outbox = anOutbox(shelf, storage);
    shelf.refuse = () => new ApiError('VALIDATION_FAILED', { detail: 'no' });
    outbox.resume();
    const { clientMessageId, stored } = outbox.add(CHAT, 'x');
    await expect(stored).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });

    outbox.discard(clientMessageId);

    expect(outbox.unsent(CHAT)).toEqual([]);
    expect(storage.load(ME)).toEqual([]);
  });

  it('does not hold up one chat, when another is not answered', async () => {
    const shelf = new Shelf();
    const outbox = anOutbox(shelf);
    shelf.refuse = ({ chatId }) => (chatId === CHAT ? lost : undefined);
    outbox.resume();

    outbox.add(CHAT, 'stuck');
    await outbox.add(OTHER_CHAT, 'free').stored;

    expect(shelf.texts()).toEqual(['free']);
  });

  it('sends what was left unsent, in order and under the same ids, when the page is loaded again', async () => {
    const storage = new MemoryOutboxStorage();
    const before = anOutbox(new Shelf(), storage);
    const ids = ['a', 'b', 'c'].map((text) => before.add(CHAT, text).clientMessageId);
    before.close();
    const shelf = new Shelf();

    const after = anOutbox(shelf, storage);
    expect(after.unsent(CHAT).map(({ text }) => text)).toEqual(['a', 'b', 'c']);
    after.resume();

    await eventually(() => after.unsent(CHAT).length === 0, 'all is sent');
    expect(shelf.stored.map(({ clientMessageId }) => clientMessageId)).toEqual(ids);
    expect(storage.load(ME)).toEqual([]);
  });

  it('stores each message once, when two tabs found the same unsent ones', async () => {
    const storage = new MemoryOutboxStorage();
    const before = anOutbox(new Shelf(), storage);
    for (const text of ['a', 'b', 'c', 'd']) before.add(CHAT, text);
    const shelf = new Shelf();
    const tabs = [anOutbox(shelf, storage), anOutbox(shelf, storage)];

    for (const tab of tabs) tab.resume();
    await eventually(() => tabs.every((tab) => tab.unsent(CHAT).length === 0), 'both tabs have sent');

    expect(shelf.texts()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('is settled, when the message is seen in the history though its answer was lost', () => {
    const outbox = anOutbox(new Shelf());
    const { clientMessageId } = outbox.add(CHAT, 'seen');

    outbox.settle(aMessage(9, { senderId: ME, clientMessageId }));

    expect(outbox.unsent(CHAT)).toEqual([]);
  });

  it('is not settled, when somebody else used the same id', () => {
    const outbox = anOutbox(new Shelf());
    const { clientMessageId } = outbox.add(CHAT, 'mine');

    outbox.settle(aMessage(9, { clientMessageId }));

    expect(outbox.unsent(CHAT)).toHaveLength(1);
  });

  it('leaves nothing in the storage, when it is wiped', () => {
    const storage = new MemoryOutboxStorage();
    const outbox = anOutbox(new Shelf(), storage);
    outbox.add(CHAT, 'secret');

    outbox.wipe();

    expect(storage.load(ME)).toEqual([]);
    expect(outbox.unsent(CHAT)).toEqual([]);
  });

  it('leaves nothing of a chat in the storage, when that chat is gone', async () => {
    const storage = new MemoryOutboxStorage();
    const outbox = anOutbox(new Shelf(), storage);
    const gone = outbox.add(CHAT, 'gone');
    outbox.add(OTHER_CHAT, 'stays');

    outbox.keepOnly(new Set([OTHER_CHAT]));

    await expect(gone.stored).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect(storage.load(ME).map(({ text }) => text)).toEqual(['stays']);
  });

  it('refuses a text that could never be stored', () => {
    const outbox = anOutbox(new Shelf());

    for (const text of ['', '  \n', 'x'.repeat(4_001), '\ud800']) {
      expect(() => outbox.add(CHAT, text)).toThrow(expect.objectContaining({ code: 'VALIDATION_FAILED' }));
    }
  });

  it('takes 10,000 unsent messages and refuses the next, and sends them all in order', async () => {
    const shelf = new Shelf();
    const outbox = anOutbox(shelf);
    for (let i = 0; i < OUTBOX_LIMIT; i++) outbox.add(CHAT, `m${i}`);

    expect(() => outbox.add(CHAT, 'one too many')).toThrow(expect.objectContaining({ code: 'RATE_LIMITED' }));
    outbox.resume();
    await eventually(() => outbox.unsent(CHAT).length === 0, 'all are sent', 20_000);

    expect(shelf.texts()).toEqual(Array.from({ length: OUTBOX_LIMIT }, (_, i) => `m${i}`));
  }, 30_000);

  describe('with another tab that keeps the same messages', () => {
    /** A storage that two outboxes share, each of which is told what the other does. */
    class SharedStorage extends MemoryOutboxStorage {
      readonly #watching = new Set<() => void>();
      override watch(listener?: () => void): () => void {
        if (listener) this.#watching.add(listener);
        return () => undefined;
      }
      tell(): void {
        for (const listener of this.#watching) listener();
      }
    }

    it('shows and sends what the other wrote, in its order', async () => {
      const [storage, shelf] = [new SharedStorage(), new Shelf()];
      const [here, there] = [anOutbox(shelf, storage), anOutbox(new Shelf(), storage)];
      here.add(CHAT, 'one');
      there.add(CHAT, 'two');
      here.add(CHAT, 'three');
      storage.tell();
      expect(here.unsent(CHAT).map(({ text }) => text)).toEqual(['one', 'two', 'three']);

      here.resume();

      await eventually(() => shelf.stored.length === 3, 'all are stored');
      expect(shelf.texts()).toEqual(['one', 'two', 'three']);
    });

    it('does not send what the other has discarded or sent', async () => {
      const [storage, shelf] = [new SharedStorage(), new Shelf()];
      const [here, there] = [anOutbox(shelf, storage), anOutbox(new Shelf(), storage)];
      const { clientMessageId } = here.add(CHAT, 'unwanted');
      here.add(CHAT, 'wanted');
      storage.tell();
      there.discard(clientMessageId);

      here.resume();

      await eventually(() => shelf.stored.length === 1, 'the other is stored');
      expect(shelf.texts()).toEqual(['wanted']);
      await eventually(() => here.size === 0, 'nothing is left', 6_000);
    }, 10_000);
  });
});
