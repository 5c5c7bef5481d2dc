import type { Chat } from '@app/contracts/edge';
import { CHAT_WORDS, memberName } from '../../core/wording/chat-words';
import { EVENT_WORDS } from './words';

/** Something that happened in a chat beside its messages. */
export interface ChatEvent {
  readonly kind: 'event';
  readonly key: string;
  /** When, ISO 8601. */
  readonly at: string;
  readonly words: string;
}

/**
 * What happened in a chat as far as it is known: who created it, joined and left. In the order of time.
 * @param me the reader's id
 */
export function eventsOf(chat: Chat, me: string | undefined): ChatEvent[] {
  const name = (id: string): string => (id === me ? CHAT_WORDS.you : memberName(chat, id));
  const event = (what: keyof typeof EVENT_WORDS, id: string, at: string): ChatEvent => ({
    kind: 'event',
    key: `${what}:${id}:${at}`,
    at,
    words: EVENT_WORDS[what](name(id)),
  });
  const stillKnown = [...chat.members, ...chat.formerMembers].some(
    ({ id, username }) => id === chat.createdBy && username !== null,
  );
  const joined = chat.members.filter(
    ({ id, joinedAt }) => id !== chat.createdBy || joinedAt > laterBy(chat.createdAt),
  );
  return [
    ...(stillKnown ? [event('created', chat.createdBy, chat.createdAt)] : []),
    ...joined.map(({ id, joinedAt }) => event('joined', id, joinedAt)),
    ...chat.formerMembers.map(({ id, username, leftAt }) =>
      event(username === null ? 'deleted' : 'left', id, leftAt),
    ),
  ].sort((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at)));
}

/** Who creates a chat is in it from then on, within the moment that takes. */
function laterBy(time: string): string {
  return new Date(Date.parse(time) + 1_000).toISOString();
}
