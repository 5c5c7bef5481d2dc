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
const heard = (message: Message, connection = 'bob #1', userId = BOB): HistoryEvent => ({
  kind: 'heard',
  connection,
  userId,
  message,
});
const unawaited = (...seqs: number[]): HistoryEvent[] =>
  seqs.map((seq) => ({
    kind: 'sent-unawaited',
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

/** What came before in every history: two members, three messages that were sent and acknowledged. */
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
  it('finds nothing in a history that keeps the promises', () => {
    const events = [
      ...messages(1, 2, 3).map((message) => shown(message)),
      read(BEFORE.length, messages(1, 2), { hasMore: true }),
      read(BEFORE.length, messages(3), { after: 2 }),
      acknowledged(aMessage(2)),
    ];

    expect(judge(events, messages(1, 2, 3))).toEqual(NO_FAULTS);
  });

  it('finds nothing where a message was stored whose acknowledgement was lost', () => {
    expect(judge([begunSend(4)], messages(1, 2, 3, 4))).toEqual(NO_FAULTS);
  });

  it('finds nothing in a page that was asked for before a message was acknowledged or deleted', () => {
    expect(judge([read(0, [])], messages(1, 2, 3))).toEqual(NO_FAULTS);
    const stored = [aMessage(1), tombstone(2), aMessage(3)];
    expect(judge([...deleted(2), read(BEFORE.length, messages(1, 2, 3))], stored)).toEqual(NO_FAULTS);
  });

  it('finds nothing in deletions that are kept', () => {
    const stored = [aMessage(1), tombstone(2), aMessage(3)];
    expect(judge([...deleted(2), read(LATER, stored)], stored)).toEqual(NO_FAULTS);
    expect(judge([shown(aMessage(1)), ...CHAT_DELETED], undefined)).toEqual(NO_FAULTS);
  });

  it('finds nothing in what connections hear that come and go, and are not told what they sent themselves', () => {
    const events = [
      ...unawaited(2),
      ...[1, 3].map((seq) => heard(aMessage(seq), 'ann #1', ANN)),
      heard(aMessage(2)),
      heard(aMessage(1), 'bob #2'),
      heard(aMessage(2), 'bob #2'),
    ];

    expect(judge(events, messages(1, 2, 3))).toEqual(NO_FAULTS);
  });

  const whole = messages(1, 2, 3);
  it.each<[keyof Verdict, string, readonly HistoryEvent[], readonly Message[] | undefined]>([
    ['acknowledgedAndMissing', 'a server acknowledges before its commit', [], messages(1, 2)],
    ['acknowledgedAndMissing', 'a whole chat is gone', [], undefined],
    [
      'acknowledgedAndMissing',
      'another message has its place',
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
    ['seqGaps', 'the store begins behind 1', [], messages(2, 3)],
    ['seqGaps', 'a page has a gap', [read(0, messages(1, 3))], whole],
    [
      'seenOutOfOrder',
      'a client is shown the second first',
      [2, 1, 3].map((seq) => shown(aMessage(seq))),
      whole,
    ],
    ['seenOutOfOrder', 'a client is shown one twice', [1, 2, 2, 3].map((seq) => shown(aMessage(seq))), whole],
    ['seenOutOfOrder', 'a client is not shown one', [1, 3].map((seq) => shown(aMessage(seq))), whole],
    ['seenOutOfOrder', 'a client is not shown the last', [1, 2].map((seq) => shown(aMessage(seq))), whole],
    [
      'heardOutOfOrder',
      'a connection hears the second first',
      [2, 1].map((seq) => heard(aMessage(seq))),
      whole,
    ],
    ['heardOutOfOrder', 'a connection hears one twice', [1, 1].map((seq) => heard(aMessage(seq))), whole],
    ['heardOutOfOrder', 'a connection does not hear one', [1, 3].map((seq) => heard(aMessage(seq))), whole],
    ['storedOutOfOrder', 'a later one is stored first', unawaited(2, 1), whole],
    ['changedText', 'a connection hears another text', [heard(aMessage(1, { text: 'other' }))], whole],
    ['seenByNonMember', 'a stranger’s connection hears one', [heard(aMessage(1), 'eve #1', EVE)], whole],
    ['changedText', 'a client is shown another text', [shown(aMessage(1, { text: 'other' }))], whole],
    ['changedText', 'a page has another text', [read(0, [aMessage(1, { text: 'other' })])], whole],
    ['changedText', 'the store has another text', [], [...messages(1, 2), aMessage(3, { text: 'other' })]],
    ['changedText', 'the store has what nobody sent', [], [...whole, aMessage(4)]],
    ['changedText', 'a text is gone that nobody deleted', [], [...messages(1, 2), tombstone(3)]],
    [
      'changedText',
      'a row does not open',
      [],
      [...messages(1, 2), aMessage(3, { text: null, damaged: true })],
    ],
    ['changedText', 'another is taken for the sender', [shown(aMessage(1, { senderId: BOB }))], whole],
    [
      'changedText',
      'two clients see different messages at a place',
      [shown(aMessage(1, { id: 'x' }))],
      whole,
    ],
    ['seenByNonMember', 'a stranger is shown a message', [shown(aMessage(1), EVE)], whole],
    ['seenByNonMember', 'a stranger reads a page', [read(0, whole, { userId: EVE })], whole],
    [
      'readableAfterDelete',
      'a page has the text of a deleted message',
      [...deleted(2), read(LATER, whole)],
      [aMessage(1), tombstone(2), aMessage(3)],
    ],
    ['readableAfterDelete', 'the store has the text of a deleted message', deleted(2), whole],
    [
      'readableAfterDelete',
      'a page of an erased chat is answered',
      [...CHAT_DELETED, read(LATER, [])],
      undefined,
    ],
    ['readableAfterDelete', 'an erased chat is in the store', CHAT_DELETED, whole],
    [
      'readableAfterDelete',
      'bytes are left',
      [...CHAT_DELETED, { kind: 'bytes-found', chatId: CHAT, file: 'x' }],
      undefined,
    ],
  ])('finds %s: %s', (kind, _what, events, stored) => {
    expect(judge(events, stored)[kind]).toBeGreaterThan(0);
  });
});
