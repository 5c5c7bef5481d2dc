import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aMessage, aTombstone, messages } from '../test/factories.js';
import { MessageWindow, WINDOW_SIZE } from './message-window.js';

const seqs = (window: MessageWindow): readonly number[] => window.messages.map(({ seq }) => seq);
const range = (first: number, last: number): readonly number[] => messages(first, last).map(({ seq }) => seq);

function aWindow(first: number, last: number, atEnd = true): MessageWindow {
  const window = new MessageWindow();
  window.replace(messages(first, last), { atStart: first === 1, atEnd });
  return window;
}

describe('MessageWindow', () => {
  it('appends a message, when it follows the last one', () => {
    const window = aWindow(1, 3);

    window.receive(aMessage(4));

    expect(seqs(window)).toEqual([1, 2, 3, 4]);
  });

  it('holds a message once, when it is told twice', () => {
    const window = aWindow(1, 3);

    window.receive(aMessage(4));
    window.receive(aMessage(4));
    window.receive(aMessage(2));

    expect(seqs(window)).toEqual([1, 2, 3, 4]);
  });

  it('lets an early message wait, until the ones before it have come', () => {
    const window = aWindow(1, 3);

    window.receive(aMessage(6));
    window.receive(aMessage(5));
    expect(seqs(window)).toEqual([1, 2, 3]);
    window.extend(messages(4, 4), 'oldest');

    expect(seqs(window)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('takes no told message, when it is not at the end', () => {
    const window = aWindow(1, 3, false);

    window.receive(aMessage(4));

    expect(seqs(window)).toEqual([1, 2, 3]);
  });

  it('refuses a page, when it does not touch the run', () => {
    const window = aWindow(10, 20);

    expect(window.extend(messages(22, 25), 'oldest')).toBe(false);
    expect(window.extend(messages(1, 8), 'newest')).toBe(false);
    expect(seqs(window)).toEqual(range(10, 20));
  });

  it('drops the newest and leaves the end, when older ones make it too long', () => {
    const window = aWindow(101, 100 + WINDOW_SIZE);

    window.extend(messages(51, 100), 'newest');

    expect(seqs(window)).toEqual(range(51, 50 + WINDOW_SIZE));
    expect(window.atEnd).toBe(false);
  });

  it('drops the oldest and stays at the end, when newer ones make it too long', () => {
    const window = aWindow(1, WINDOW_SIZE);

    window.receive(aMessage(WINDOW_SIZE + 1));

    expect(seqs(window)).toEqual(range(2, WINDOW_SIZE + 1));
    expect(window.atEnd).toBe(true);
  });

  it('shows the tombstone, when a page asked for earlier comes with the text afterwards', () => {
    const window = aWindow(1, 3);

    window.change(aTombstone(5));
    window.extend(messages(2, 6), 'oldest');

    expect(window.messages[4]).toEqual(aTombstone(5));
    expect(window.messages[3]).toEqual(aMessage(4));
  });

  it('keeps a tombstone, when the text is told after it', () => {
    const window = aWindow(1, 3);

    window.receive(aTombstone(2));
    window.receive(aMessage(2));

    expect(window.messages[1]).toEqual(aTombstone(2));
  });

  it('keeps the same object, when the same message comes again', () => {
    const window = aWindow(1, 3);
    const before = window.messages[1];

    window.extend(messages(1, 3), 'oldest');

    expect(window.messages[1]).toBe(before);
  });

  it('has each seq once, ascending and without gaps, whatever comes in whichever order', () => {
    const seq = fc.integer({ min: 1, max: 60 });
    const step = fc.oneof(
      fc.record({ do: fc.constant('receive' as const), seq }),
      fc.record({ do: fc.constant('erase' as const), seq }),
      fc.record({ do: fc.constant('page' as const), seq, length: fc.integer({ min: 0, max: 20 }) }),
    );

    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const window = aWindow(20, 30);
        const deleted = new Set<number>();
        for (const s of steps) {
          if (s.do === 'receive') window.receive(aMessage(s.seq));
          if (s.do === 'erase') window.change(aTombstone(s.seq));
          if (s.do === 'erase') deleted.add(s.seq);
          if (s.do === 'page') window.extend(messages(s.seq, s.seq + s.length - 1), 'oldest');
        }
        expect(seqs(window)).toEqual(range(window.first, window.last));
        for (const m of window.messages) expect(m.deletedAt !== null).toBe(deleted.has(m.seq));
      }),
    );
  });
});
