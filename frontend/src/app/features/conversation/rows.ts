import type { TimelineItem } from '@app/client';
import type { Chat } from '@app/contracts/edge';
import { CHAT_WORDS, memberName } from '../../core/wording/chat-words';
import { dayNumber, dayWords } from '../../core/wording/time-words';
import { type ChatEvent, eventsOf } from './chat-events';

/** One line of a conversation as it is drawn. */
export type Row = MessageLine | EventLine;

interface Line {
  readonly key: string;
  /** What the day is called, where one begins. */
  readonly day: string | null;
}

/** Something that happened in the chat. */
export interface EventLine extends Line {
  readonly kind: 'event';
  /** When, ISO 8601. */
  readonly at: string;
  readonly words: string;
}

/** A message. */
export interface MessageLine extends Line {
  readonly kind: 'message';
  readonly item: TimelineItem;
  /** Whether what is new begins here. */
  readonly beginsNew: boolean;
  /** Whether it is the first and the last of what one person wrote in one go. */
  readonly opensGroup: boolean;
  readonly closesGroup: boolean;
  /** Who wrote it. */
  readonly sender: string;
}

/** What rows are made of. */
export interface RowSource {
  readonly items: readonly TimelineItem[];
  /** Whether there is more before or after them: what happened there is not shown yet. */
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
  readonly chat: Chat;
  /** The reader's id. */
  readonly me: string | undefined;
  /** The seq after which others' messages are new, or null when none are. */
  readonly newAfter: number | null;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const GROUP_MS = 5 * 60_000;

/**
 * Makes rows, and the same object again for a row that did not change, or for all of them: so only what changed is drawn
 * anew.
 */
export class Rows {
  #made: ReadonlyMap<string, Row> = new Map();
  #rows: readonly Row[] = [];

  /** The rows of a conversation, in its order. */
  make(source: RowSource): readonly Row[] {
    const { items, chat, newAfter, now } = source;
    const firstNew = newAfter === null ? undefined : items.find((item) => isNewAfter(item, newAfter));
    const entries = withEvents(source);
    const made = entries.map((entry, index) => {
      const before = entries[index - 1];
      const after = entries[index + 1];
      const day = before && sameDay(before, entry) ? null : dayOf(entry, now);
      if (entry.kind === 'event') return this.#same({ ...entry, day });
      return this.#same({
        kind: 'message',
        key: entry.key,
        item: entry,
        day,
        beginsNew: entry === firstNew,
        opensGroup: !before || entry === firstNew || !sameGroup(before, entry),
        closesGroup: !after || after === firstNew || !sameGroup(entry, after),
        sender: entry.own
          ? CHAT_WORDS.you
          : memberName(chat, entry.kind === 'stored' ? entry.message.senderId : null),
      });
    });
    const last = this.#rows;
    if (made.length === last.length && made.every((row, index) => row === last[index])) return last;
    this.#made = new Map(made.map((row) => [row.key, row]));
    this.#rows = made;
    return made;
  }

  /** Forgets the rows that were made: the messages in them are not to outlive their chat. */
  forget(): void {
    this.#made = new Map();
    this.#rows = [];
  }

  #same(row: Row): Row {
    const known = this.#made.get(row.key);
    const fields = Object.keys(row) as readonly (keyof Row)[];
    return known && fields.every((field) => known[field] === row[field]) ? known : row;
  }
}

type Entry = TimelineItem | ChatEvent;

/**
 * The messages with what happened between them. While there are none, what happened is told elsewhere; what happened
 * before the first or after the last that is loaded waits until the messages around it are.
 */
function withEvents({ items, hasOlder, hasNewer, chat, me }: RowSource): readonly Entry[] {
  const times = items.map(timeOf).filter((time) => time !== '');
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined) return items;
  const events = eventsOf(chat, me).filter(
    ({ at }) => (!hasOlder || at >= first) && (!hasNewer || at <= last),
  );
  const entries: Entry[] = [];
  for (const item of items) {
    const time = timeOf(item);
    const before = time === '' ? [] : events.filter(({ at }) => at <= time);
    entries.push(...events.splice(0, before.length), item);
  }
  return [...entries, ...events];
}

/** When an entry was written or happened, ISO 8601; empty for a message that is missing. */
export function timeOf(item: Entry): string {
  if (item.kind === 'event') return item.at;
  return item.kind === 'stored' ? (item.message.sentAt ?? '') : item.message.createdAt;
}

function isNewAfter(item: TimelineItem, seq: number): boolean {
  return item.kind === 'stored' && !item.own && item.message.seq > seq && item.message.deletedAt === null;
}

function dayOf(item: Entry, now: number): string | null {
  const time = timeOf(item);
  return time === '' ? null : dayWords(time, now);
}

function sameDay(a: Entry, b: Entry): boolean {
  const [timeA, timeB] = [timeOf(a), timeOf(b)];
  return timeA === '' || timeB === '' || dayNumber(timeA) === dayNumber(timeB);
}

function sameGroup(a: Entry, b: Entry): boolean {
  if (a.kind === 'event' || b.kind === 'event') return false;
  if (senderOf(a) !== senderOf(b) || !sameDay(a, b)) return false;
  return Math.abs(Date.parse(timeOf(b)) - Date.parse(timeOf(a))) <= GROUP_MS;
}

function senderOf(item: TimelineItem): string | null {
  if (item.own) return 'me';
  return item.kind === 'stored' ? item.message.senderId : null;
}
