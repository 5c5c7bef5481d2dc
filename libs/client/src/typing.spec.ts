import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CHAT, OTHER } from '../test/factories.js';
import { Typing } from './typing.js';

describe('Typing', () => {
  const told: boolean[] = [];
  let changes = 0;
  let typing: Typing;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    told.length = 0;
    changes = 0;
    typing = new Typing({ tell: (_chatId, on) => told.push(on), onChange: () => changes++ });
  });
  afterEach(() => {
    typing.clear();
    vi.useRealTimers();
  });

  it('ends by itself after 6 s, when nothing more is told', () => {
    typing.receive(CHAT, OTHER, true);
    vi.advanceTimersByTime(5_000);
    typing.receive(CHAT, OTHER, true);
    vi.advanceTimersByTime(5_900);
    expect(typing.others(CHAT)).toEqual([OTHER]);

    vi.advanceTimersByTime(200);

    expect(typing.others(CHAT)).toEqual([]);
    expect(changes).toBe(2);
  });

  it('is told every 3 s, when keys are pressed all the time', () => {
    for (let i = 0; i < 70; i++) {
      typing.set(CHAT, true);
      vi.advanceTimersByTime(100);
    }

    expect(told).toEqual([true, true, true]);
  });

  it('is told to have stopped once, and only if it was told to have begun', () => {
    typing.set(CHAT, false);
    typing.set(CHAT, true);
    typing.set(CHAT, false);
    typing.set(CHAT, false);

    expect(told).toEqual([true, false]);
  });

  it('shows nobody, when the connection is lost', () => {
    typing.receive(CHAT, OTHER, true);

    typing.clear();

    expect(typing.others(CHAT)).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
