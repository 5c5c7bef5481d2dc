import type { StoredItem, TimelineItem } from '@app/client';
import type { Chat } from '@app/contracts/edge';
import { Rows, type RowSource } from './rows';

const NOW = new Date(2026, 4, 20, 12, 0).getTime();
const chat: Chat = {
  id: 'chat',
  name: null,
  createdAt: new Date(NOW).toISOString(),
  createdBy: 'me',
  capacity: 2,
  members: [],
  formerMembers: [{ id: 'bob', username: 'bob', leftAt: new Date(NOW).toISOString() }],
  lastSeq: 9,
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
      senderId,
      clientMessageId: null,
      text: `text ${seq}`,
      sentAt: new Date(NOW - minutesAgo * 60_000).toISOString(),
      deletedAt: null,
      damaged: false,
      ...message,
    },
  };
}

function made(items: readonly TimelineItem[], source: Partial<RowSource> = {}): ReturnType<Rows['make']> {
  return new Rows().make({ items, chat, newAfter: null, now: NOW, ...source });
}

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
    const before = rows.make({ items: [first, second], chat, newAfter: null, now: NOW });

    const after = rows.make({ items: [first, second, aMessage(3, 0.5)], chat, newAfter: null, now: NOW });

    expect(after[0]).toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
  });
});
