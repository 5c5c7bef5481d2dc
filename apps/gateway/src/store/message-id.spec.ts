import { bytesToUuid } from '@app/crypto';
import { describe, expect, it } from 'vitest';
import { messageId, seqOfMessageId } from './message-id.js';

describe('messageId', () => {
  it.each([1, 2, 3, 4, 1_000, 2 ** 31, 2 ** 32 - 1])('carries seq %i in a UUID of version 7', (seq) => {
    const sentAt = Date.parse('2026-01-02T03:04:05.678Z');

    const id = messageId(seq, sentAt);

    expect(seqOfMessageId(id)).toBe(seq);
    expect(id.readUIntBE(0, 6)).toBe(sentAt);
    expect(bytesToUuid(id)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('never gives the same id twice', () => {
    const ids = new Set(Array.from({ length: 2_000 }, () => bytesToUuid(messageId(7, 0))));

    expect(ids.size).toBe(2_000);
  });
});
