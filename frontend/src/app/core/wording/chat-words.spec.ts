import type { Chat, Member } from '@app/contracts/edge';
import { chatTitle, lastLine, memberName, shownName } from './chat-words';

const member = (id: string, username: string): Member => ({
  id,
  username,
  joinedAt: '2026-01-01T00:00:00.000Z',
  online: false,
  lastSeenAt: null,
  deliveredSeq: 0,
  readSeq: 0,
});

const chat = (other: string, text: string | null, senderId: string, name: string | null = null): Chat => ({
  id: 'chat',
  name,
  sealed: false,
  messageTtl: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  createdBy: 'me',
  capacity: 2,
  members: [member('me', 'ann'), member('other', other)],
  formerMembers: [],
  lastSeq: 1,
  lastRev: 1,
  readSeq: 0,
  unread: 0,
  lastMessage: {
    id: 'message',
    chatId: 'chat',
    seq: 1,
    rev: 1,
    senderId,
    clientMessageId: null,
    text,
    replyTo: null,
    attachments: [],
    reactions: [],
    editedAt: null,
    expiresAt: null,
    sentAt: '2026-01-01T00:00:00.000Z',
    deletedAt: text === null ? '2026-01-01T00:00:00.000Z' : null,
    damaged: false,
  },
});

describe('a name that is one of the words of the program', () => {
  it.each([
    'You',
    'you',
    'SYSTEM',
    'system',
    'Secure-Chat',
    'secure_chat',
    'Deleted.account',
    'unnamed-chat',
  ])('is shown with an @: %s', (username) => {
    const one = chat(username, 'hi', 'other');

    expect(shownName(username)).toBe(`@${username}`);
    expect(chatTitle(one, 'me')).toBe(`@${username}`);
    expect(memberName(one, 'other')).toBe(`@${username}`);
  });

  it.each(['bob', 'your', 'youth', 'systematic', 'x.you'])('is shown as it is otherwise: %s', (username) => {
    expect(shownName(username)).toBe(username);
  });
});

describe('the last line of a chat', () => {
  it('says whether the program says it, and who wrote', () => {
    expect(lastLine(chat('bob', 'hi', 'me'), 'me')).toEqual({ by: 'You', text: 'hi', note: false });
    expect(lastLine(chat('bob', 'You: hi', 'other'), 'me')).toEqual({ by: '', text: 'You: hi', note: false });
    expect(lastLine(chat('bob', null, 'other'), 'me')).toEqual({
      by: '',
      text: 'Message deleted',
      note: true,
    });
    expect(lastLine(chat('bob', 'Message deleted', 'other'), 'me').note).toBe(false);
  });

  it('is cut between characters, on one line', () => {
    const { text } = lastLine(chat('bob', `a\n  b ${'👨‍👩‍👧‍👦'.repeat(400)}`, 'other'), 'me');

    expect(text.startsWith('a b 👨‍👩‍👧‍👦')).toBe(true);
    expect(text.endsWith('👨‍👩‍👧‍👦')).toBe(true);
    expect(text.length).toBeLessThan(3_000);
  });
});
