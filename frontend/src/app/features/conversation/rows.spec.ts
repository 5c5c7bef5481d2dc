import type { StoredItem, TimelineItem } from '@app/client';
import type { Chat } from '@app/contracts/edge';
import { type MessageLine, Rows, type RowSource } from './rows';

const NOW = new Date(2026, 4, 20, 12, 0).getTime();
const chat: Chat = {
  id: 'chat',
  name: null,
  sealed: false,
  messageTtl: null,
  createdAt: new Date(NOW).toISOString(),
  createdBy: 'me',
  capacity: 2,
  members: [],
  formerMembers: [{ id: 'bob', username: 'bob', leftAt: new Date(NOW).toISOString() }],
  lastSeq: 9,
  lastRev: 9,
  readSeq: 0,
  unread: 0,
  lastMessage: null,
};

/** A message of bob's, so many minutes before now. */
function aMessage(seq: number, minutesAgo: number, message: Partial<StoredItem['message']> = {}): StoredItem {
  const senderId = message.senderId ?? 'bob';
  return {
    kind: 'stored',
    key: `seq:${seq}`,
    own: senderId === 'me',
    state: senderId === 'me' ? 'stored' : null,
    message: {
      id: `id-${seq}`,
      chatId: 'chat',
      seq,
      rev: seq,
      senderId,
      clientMessageId: null,
      text: `text ${seq}`,
      replyTo: null,
      attachments: [],
      reactions: [],
      editedAt: null,
      expiresAt: null,
      sentAt: new Date(NOW - minutesAgo * 60_000).toISOString(),
      deletedAt: null,
      damaged: false,
      ...message,
    },
  };
}

const SOURCE = { chat, me: 'me', newAfter: null, now: NOW, hasOlder: true, hasNewer: true } as const;

/** The lines of these messages alone, as in the middle of a history: nothing happened between them. */
function made(items: readonly TimelineItem[], source: Partial<RowSource> = {}): readonly MessageLine[] {
  const rows = new Rows().make({ ...SOURCE, items, ...source });
  return rows.filter((row) => row.kind === 'message');
}

/** A time so many minutes before now. */
const minutesAgo = (minutes: number): string => new Date(NOW - minutes * 60_000).toISOString();

describe('rows', () => {
  it('stand together when one person wrote them within five minutes', () => {
    const rows = made([
      aMessage(1, 20),
      aMessage(2, 16),
      aMessage(3, 10),
      aMessage(4, 9, { senderId: 'me' }),
    ]);

    expect(rows.map(({ opensGroup }) => opensGroup)).toEqual([true, false, true, true]);
    expect(rows.map(({ closesGroup }) => closesGroup)).toEqual([false, true, true, true]);
  });

  it('are separated by local days, which are called as people call them', () => {
    const rows = made([aMessage(1, 3 * 1_440), aMessage(2, 1_440), aMessage(3, 1_439), aMessage(4, 5)]);

    expect(rows.map(({ day }) => day)).toEqual(['Sunday', 'Yesterday', null, 'Today']);
  });

  it('have the divider above the first message of others that is new and not deleted', () => {
    const rows = made(
      [
        aMessage(1, 9),
        aMessage(2, 8, { senderId: 'me' }),
        aMessage(3, 7, { deletedAt: new Date(NOW).toISOString(), text: null }),
        aMessage(4, 6),
      ],
      { newAfter: 1 },
    );

    expect(rows.map(({ beginsNew }) => beginsNew)).toEqual([false, false, false, true]);
  });

  it('name who wrote them, also when that account is deleted or the message missing', () => {
    const nobody = { id: null, senderId: null, sentAt: null, text: null, damaged: true };

    const rows = made([
      aMessage(1, 9),
      aMessage(2, 8, { senderId: 'gone' }),
      aMessage(3, 7, { senderId: 'me' }),
      { ...aMessage(4, 6), own: false, message: { ...aMessage(4, 6).message, ...nobody } },
    ]);

    expect(rows.map(({ sender }) => sender)).toEqual(['bob', 'Deleted account', 'You', 'Deleted account']);
    expect(rows[3]?.day).toBeNull();
  });

  it('stay the same objects where nothing changed', () => {
    const rows = new Rows();
    const [first, second] = [aMessage(1, 9), aMessage(2, 1)];
    const before = rows.make({ ...SOURCE, items: [first, second] });

    const after = rows.make({ ...SOURCE, items: [first, second, aMessage(3, 0.5)] });

    expect(after[0]).toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
  });

  describe('of what happened', () => {
    const member = { online: false, lastSeenAt: null, deliveredSeq: 0, readSeq: 0 };
    const eventful: Chat = {
      ...chat,
      createdAt: minutesAgo(60),
      members: [
        { ...member, id: 'me', username: 'alice', joinedAt: minutesAgo(60) },
        { ...member, id: 'carol', username: 'carol', joinedAt: minutesAgo(20) },
      ],
      formerMembers: [
        { id: 'bob', username: 'bob', leftAt: minutesAgo(40) },
        { id: 'gone', username: null, leftAt: minutesAgo(30) },
      ],
    };
    const around = [aMessage(1, 50), aMessage(2, 35), aMessage(3, 10)];

    function lines(source: Partial<RowSource>): readonly string[] {
      const rows = new Rows().make({
        ...SOURCE,
        hasOlder: false,
        hasNewer: false,
        chat: eventful,
        items: around,
        ...source,
      });
      return rows.map((row) => (row.kind === 'event' ? row.words : (row.item.message.text ?? '')));
    }

    it('stand between the messages by their time', () => {
      expect(lines({})).toEqual([
        'You created this chat',
        'text 1',
        'bob left',
        'text 2',
        'Their account was deleted',
        'carol joined',
        'text 3',
      ]);
    });

    it('wait until the messages around them are loaded', () => {
      const middle = { items: [aMessage(2, 35), aMessage(3, 25)] };

      expect(lines({ ...middle, hasOlder: true, hasNewer: true })).toEqual([
        'text 2',
        'Their account was deleted',
        'text 3',
      ]);
      expect(lines({ ...middle, hasOlder: true })).toEqual([
        'text 2',
        'Their account was deleted',
        'text 3',
        'carol joined',
      ]);
    });

    it('are not there while there is no message, and part what one person wrote in one go', () => {
      expect(lines({ items: [] })).toEqual([]);

      const rows = made([aMessage(1, 22), aMessage(2, 19)], { chat: eventful });
      expect(rows.map(({ closesGroup }) => closesGroup)).toEqual([true, true]);
    });

    it('say that the reader joined, and nothing of a creator whose account is deleted', () => {
      const mine = { ...eventful, createdBy: 'gone' };

      expect(lines({ chat: mine, me: 'carol' })).toContain('You joined');
      expect(lines({ chat: mine })).not.toContain('Deleted account created this chat');
    });
  });
});
