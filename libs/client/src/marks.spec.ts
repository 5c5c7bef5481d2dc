import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CHAT } from '../test/factories.js';
import { ApiError } from './api-error.js';
import { MarkSender } from './marks.js';

describe('MarkSender', () => {
  const told: string[] = [];
  let failure: ApiError | undefined;
  let marks: MarkSender;

  beforeEach(() => {
    vi.useFakeTimers();
    told.length = 0;
    failure = undefined;
    marks = new MarkSender(async (kind, _chatId, seq) => {
      await Promise.resolve();
      if (failure) throw failure;
      told.push(`${kind} ${seq}`);
    });
  });
  afterEach(() => {
    marks.clear();
    vi.useRealTimers();
  });

  it('tells the highest mark and no other, at most once in 250 ms', async () => {
    marks.resume();

    for (let seq = 1; seq <= 10; seq++) marks.read(CHAT, seq, 0);
    await vi.advanceTimersByTimeAsync(249);
    expect(told).toEqual(['read 1']);
    await vi.advanceTimersByTimeAsync(2_000);

    expect(told).toEqual(['read 1', 'read 10']);
  });

  it('tells nothing as delivered, when it is told as read', async () => {
    marks.resume();

    marks.read(CHAT, 5, 0);
    marks.delivered(CHAT, 5, 0);
    await vi.advanceTimersByTimeAsync(1_000);

    expect(told).toEqual(['read 5']);
  });

  it('tells nothing, when the server has it already', async () => {
    marks.resume();

    marks.delivered(CHAT, 5, 5);
    marks.read(CHAT, 5, 5);
    await vi.advanceTimersByTimeAsync(1_000);

    expect(told).toEqual([]);
  });

  it('tells after the reconnect, when there was no connection', async () => {
    marks.read(CHAT, 5, 0);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(told).toEqual([]);

    marks.resume();
    await vi.advanceTimersByTimeAsync(0);

    expect(told).toEqual(['read 5']);
  });

  it('tells again, when the server did not answer', async () => {
    marks.resume();
    failure = new ApiError('SERVICE_UNAVAILABLE', { detail: 'away' });
    marks.read(CHAT, 5, 0);
    await vi.advanceTimersByTimeAsync(0);

    failure = undefined;
    await vi.advanceTimersByTimeAsync(1_000);

    expect(told).toEqual(['read 5']);
  });

  it('gives up a mark, when it is definitely refused', async () => {
    marks.resume();
    failure = new ApiError('CHAT_NOT_FOUND', { detail: 'none' });
    marks.read(CHAT, 5, 0);
    await vi.advanceTimersByTimeAsync(0);

    failure = undefined;
    await vi.advanceTimersByTimeAsync(60_000);

    expect(told).toEqual([]);
  });
});
