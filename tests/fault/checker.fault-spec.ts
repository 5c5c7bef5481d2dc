import { randomUUID } from 'node:crypto';
import type { Message } from '@app/contracts/edge';
import { describe, expect, it } from 'vitest';
import { check, noFaults, type ChatHistory } from './checker.js';

const chatId = randomUUID();
const [ann, bob] = [randomUUID(), randomUUID()];

function aMessage(seq: number, overrides: Partial<Message> = {}): Message {
  return {
    id: randomUUID(),
    chatId,
    seq,
    senderId: ann,
    clientMessageId: `client-${seq}`,
    text: `text ${seq}`,
    sentAt: '2026-01-01T00:00:00.000Z',
    deletedAt: null,
    damaged: false,
    ...overrides,
  };
}

function aHistory(overrides: Partial<ChatHistory> = {}): ChatHistory {
  const stored = [1, 2, 3, 4].map((seq) => aMessage(seq));
  return {
    chatId,
    memberIds: [ann, bob],
    sent: new Map(stored.map(({ clientMessageId, text }) => [clientMessageId ?? '', text ?? ''])),
    acknowledged: stored,
    seen: [{ userId: bob, messages: stored }],
    stored,
    ...overrides,
  };
}

describe('the checker', () => {
  it('finds nothing in a history that keeps the promises', () => {
    const verdict = noFaults();
    check(aHistory(), verdict);
    expect(verdict).toEqual(noFaults());
  });

  it.each([
    ['acknowledgedAndMissing', aHistory({ acknowledged: [aMessage(5)] })],
    [
      'storedTwice',
      aHistory({
        stored: [1, 2, 3].map((seq) => aMessage(seq, { clientMessageId: 'client-1', text: 'text 1' })),
      }),
    ],
    ['seqGaps', aHistory({ stored: [1, 2, 4].map((seq) => aMessage(seq)) })],
    ['seenOutOfOrder', aHistory({ seen: [{ userId: bob, messages: [aMessage(2), aMessage(1)] }] })],
    ['seenOutOfOrder', aHistory({ seen: [{ userId: bob, messages: [aMessage(1), aMessage(1)] }] })],
    ['seenOutOfOrder', aHistory({ seen: [{ userId: bob, messages: [aMessage(1), aMessage(3)] }] })],
    ['changedText', aHistory({ stored: [1, 2, 3, 4].map((seq) => aMessage(seq, { text: 'other' })) })],
    ['changedText', aHistory({ seen: [{ userId: bob, messages: [aMessage(1, { text: 'other' })] }] })],
    ['seenByNonMember', aHistory({ seen: [{ userId: randomUUID(), messages: [aMessage(1)] }] })],
  ] as const)('finds %s', (kind, history) => {
    const verdict = noFaults();
    check(history, verdict);
    expect(verdict[kind]).toBeGreaterThan(0);
  });
});
