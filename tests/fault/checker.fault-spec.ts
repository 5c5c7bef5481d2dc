import type { Message } from '@app/contracts/edge';
import { describe, expect, it } from 'vitest';
import { check, NO_FAULTS, type Verdict } from './checker.js';
import { History, type HistoryEvent, type Store } from './history.js';

const CHAT = 'chat';
const [ANN, BOB, EVE] = ['ann', 'bob', 'eve'];

function aMessage(seq: number, overrides: Partial<Message> = {}): Message {
  return {
    id: `id-${seq}`,
    chatId: CHAT,
    seq,
    rev: seq,
    senderId: ANN,
    clientMessageId: `client-${seq}`,
    text: `text ${seq}`,
    replyTo: null,
    attachments: [],
    reactions: [],
    editedAt: null,
    expiresAt: null,
    sentAt: '2026-01-01T00:00:00.000Z',
    deletedAt: null,
    damaged: false,
    ...overrides,
  };
}

const messages = (...seqs: number[]): Message[] => seqs.map((seq) => aMessage(seq));
const tombstone = (seq: number): Message =>
  aMessage(seq, { text: null, deletedAt: '2026-01-02T00:00:00.000Z' });
const acknowledged = (message: Message): HistoryEvent => ({ kind: 'acknowledged', userId: ANN, message });
const shown = (message: Message, userId = BOB, client = `${userId}-1`): HistoryEvent => ({
  kind: 'shown',
  client,
  userId,
  message,
});
const received = (message: Message, connection = 'bob #1', userId = BOB): HistoryEvent => ({
  kind: 'received',
  connection,
  userId,
  message,
});
const pipelined = (...seqs: number[]): HistoryEvent[] =>
  seqs.map((seq) => ({
    kind: 'sent-pipelined',
    connection: 'ann #1',
    chatId: CHAT,
    clientMessageId: `client-${seq}`,
  }));
const begunSend = (seq: number): HistoryEvent => ({
  kind: 'send-begun',
  userId: ANN,
  chatId: CHAT,
  clientMessageId: `client-${seq}`,
  text: `text ${seq}`,
});
const read = (
  begunAt: number,
  page: readonly Message[],
  { userId = BOB, hasMore = false, after = 0 } = {},
): HistoryEvent => ({ kind: 'page-read', userId, chatId: CHAT, after, begunAt, messages: page, hasMore });
const deleted = (seq: number): HistoryEvent[] => [
  { kind: 'message-delete-begun', chatId: CHAT, messageId: `id-${seq}` },
  { kind: 'message-delete-answered', chatId: CHAT, messageId: `id-${seq}` },
];
const CHAT_DELETED: readonly HistoryEvent[] = [
  { kind: 'chat-delete-begun', chatId: CHAT },
  { kind: 'chat-delete-answered', chatId: CHAT },
];

/** The beginning of every history: two members, and three messages that were sent and acknowledged. */
const BEFORE: readonly HistoryEvent[] = [
  { kind: 'joined', userId: ANN, chatId: CHAT },
  { kind: 'joined', userId: BOB, chatId: CHAT },
  ...[1, 2, 3].flatMap((seq) => [begunSend(seq), acknowledged(aMessage(seq))]),
];
const LATER = BEFORE.length + 10;

function judge(events: readonly HistoryEvent[], stored: readonly Message[] | undefined): Verdict {
  const history = new History();
  for (const event of [...BEFORE, ...events]) history.add(event);
  const store: Store = new Map(stored ? [[CHAT, stored]] : []);
  return check(history, store);
}

describe('the checker', () => {
  it('reports no violation for a correct history', () => {
    const events = [
      ...messages(1, 2, 3).map((message) => shown(message)),
      read(BEFORE.length, messages(1, 2), { hasMore: true }),
      read(BEFORE.length, messages(3), { after: 2 }),
      acknowledged(aMessage(2)),
    ];

    expect(judge(events, messages(1, 2, 3))).toEqual(NO_FAULTS);
  });

  it('reports no violation for a stored message whose acknowledgement was lost', () => {
    expect(judge([begunSend(4)], messages(1, 2, 3, 4))).toEqual(NO_FAULTS);
  });

  it('reports no violation for a page that was requested before a message was acknowledged or deleted', () => {
    expect(judge([read(0, [])], messages(1, 2, 3))).toEqual(NO_FAULTS);
    const stored = [aMessage(1), tombstone(2), aMessage(3)];
    expect(judge([...deleted(2), read(BEFORE.length, messages(1, 2, 3))], stored)).toEqual(NO_FAULTS);
  });

  it('reports no violation for correct deletions', () => {
    const stored = [aMessage(1), tombstone(2), aMessage(3)];
    expect(judge([...deleted(2), read(LATER, stored)], stored)).toEqual(NO_FAULTS);
    expect(judge([shown(aMessage(1)), ...CHAT_DELETED], undefined)).toEqual(NO_FAULTS);
  });

  it('reports no violation for connections that start later and do not receive their own messages', () => {
    const events = [
      ...pipelined(2),
      ...[1, 3].map((seq) => received(aMessage(seq), 'ann #1', ANN)),
      received(aMessage(2)),
      received(aMessage(1), 'bob #2'),
      received(aMessage(2), 'bob #2'),
    ];

    expect(judge(events, messages(1, 2, 3))).toEqual(NO_FAULTS);
  });

  const whole = messages(1, 2, 3);
  it.each<[keyof Verdict, string, readonly HistoryEvent[], readonly Message[] | undefined]>([
    ['acknowledgedAndMissing', 'a server acknowledges before its commit', [], messages(1, 2)],
    ['acknowledgedAndMissing', 'a whole chat is missing', [], undefined],
    [
      'acknowledgedAndMissing',
      'another message has its seq',
      [],
      [...messages(1, 2), aMessage(3, { id: 'x' })],
    ],
    ['acknowledgedAndMissing', 'a later page lacks it', [read(BEFORE.length, messages(1, 2))], whole],
    ['storedTwice', 'a repeat is stored again', [], [...whole, aMessage(4, { clientMessageId: 'client-3' })]],
    [
      'storedTwice',
      'a repeat is answered with another seq',
      [acknowledged(aMessage(4, { clientMessageId: 'client-3' }))],
      whole,
    ],
    ['seqGaps', 'the store has a gap', [begunSend(5)], [...whole, aMessage(5)]],
    ['seqGaps', 'the store begins after 1', [], messages(2, 3)],
    ['seqGaps', 'a page has a gap', [read(0, messages(1, 3))], whole],
    [
      'seenOutOfOrder',
      'a client shows the second message first',
      [2, 1, 3].map((seq) => shown(aMessage(seq))),
      whole,
    ],
    [
      'seenOutOfOrder',
      'a client shows a message twice',
      [1, 2, 2, 3].map((seq) => shown(aMessage(seq))),
      whole,
    ],
    ['seenOutOfOrder', 'a client does not show a message', [1, 3].map((seq) => shown(aMessage(seq))), whole],
    [
      'seenOutOfOrder',
      'a client does not show the last message',
      [1, 2].map((seq) => shown(aMessage(seq))),
      whole,
    ],
    [
      'receivedOutOfOrder',
      'a connection receives the second message first',
      [2, 1].map((seq) => received(aMessage(seq))),
      whole,
    ],
    [
      'receivedOutOfOrder',
      'a connection receives a message twice',
      [1, 1].map((seq) => received(aMessage(seq))),
      whole,
    ],
    [
      'receivedOutOfOrder',
      'a connection does not receive a message',
      [1, 3].map((seq) => received(aMessage(seq))),
      whole,
    ],
    ['storedOutOfOrder', 'a later message is stored first', pipelined(2, 1), whole],
    ['changedText', 'a connection receives another text', [received(aMessage(1, { text: 'other' }))], whole],
    [
      'seenByNonMember',
      'a non-member’s connection receives a message',
      [received(aMessage(1), 'eve #1', EVE)],
      whole,
    ],
    ['changedText', 'a client shows another text', [shown(aMessage(1, { text: 'other' }))], whole],
    ['changedText', 'a page has another text', [read(0, [aMessage(1, { text: 'other' })])], whole],
    ['changedText', 'the store has another text', [], [...messages(1, 2), aMessage(3, { text: 'other' })]],
    ['changedText', 'the store has a message that nobody sent', [], [...whole, aMessage(4)]],
    [
      'changedText',
      'the text of a message is missing that nobody deleted',
      [],
      [...messages(1, 2), tombstone(3)],
    ],
    [
      'changedText',
      'a message is damaged',
      [],
      [...messages(1, 2), aMessage(3, { text: null, damaged: true })],
    ],
    ['changedText', 'a message has another sender', [shown(aMessage(1, { senderId: BOB }))], whole],
    [
      'changedText',
      'two clients show different messages with the same seq',
      [shown(aMessage(1, { id: 'x' }))],
      whole,
    ],
    ['seenByNonMember', 'a non-member’s client shows a message', [shown(aMessage(1), EVE)], whole],
    ['seenByNonMember', 'a non-member reads a page', [read(0, whole, { userId: EVE })], whole],
    [
      'readableAfterDelete',
      'a page has the text of a deleted message',
      [...deleted(2), read(LATER, whole)],
      [aMessage(1), tombstone(2), aMessage(3)],
    ],
    ['readableAfterDelete', 'the store has the text of a deleted message', deleted(2), whole],
    [
      'readableAfterDelete',
      'a page of an erased chat is returned',
      [...CHAT_DELETED, read(LATER, [])],
      undefined,
    ],
    ['readableAfterDelete', 'an erased chat is in the store', CHAT_DELETED, whole],
    [
      'readableAfterDelete',
      'ciphertext remains in a file',
      [...CHAT_DELETED, { kind: 'bytes-found', chatId: CHAT, file: 'x' }],
      undefined,
    ],
  ])('reports %s when %s', (kind, _what, events, stored) => {
    expect(judge(events, stored)[kind]).toBeGreaterThan(0);
  });
});
