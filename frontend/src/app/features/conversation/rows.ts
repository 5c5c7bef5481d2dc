import type { TimelineItem } from '@app/client';
import type { Chat } from '@app/contracts/edge';
import { CHAT_WORDS, memberName } from '../../core/wording/chat-words';
import { dayNumber, dayWords } from '../../core/wording/time-words';

/** One item of a conversation as it is drawn. */
export interface Row {
  readonly key: string;
  readonly item: TimelineItem;
  /** What the day is called, where one begins. */
  readonly day: string | null;
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
  readonly chat: Chat;
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
  make({ items, chat, newAfter, now }: RowSource): readonly Row[] {
    const firstNew = newAfter === null ? undefined : items.find((item) => isNewAfter(item, newAfter));
    const made = items.map((item, index) => {
      const before = items[index - 1];
      const after = items[index + 1];
      const day = before && sameDay(before, item) ? null : dayOf(item, now);
      return this.#same({
        key: item.key,
        item,
        day,
        beginsNew: item === firstNew,
        opensGroup: !before || item === firstNew || !sameGroup(before, item),
        closesGroup: !after || after === firstNew || !sameGroup(item, after),
        sender: item.own
          ? CHAT_WORDS.you
          : memberName(chat, item.kind === 'stored' ? item.message.senderId : null),
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

/** When an item was written, ISO 8601; empty for a message that is missing. */
export function timeOf(item: TimelineItem): string {
  return item.kind === 'stored' ? (item.message.sentAt ?? '') : item.message.createdAt;
}

function isNewAfter(item: TimelineItem, seq: number): boolean {
  return item.kind === 'stored' && !item.own && item.message.seq > seq && item.message.deletedAt === null;
}

function dayOf(item: TimelineItem, now: number): string | null {
  const time = timeOf(item);
  return time === '' ? null : dayWords(time, now);
}

function sameDay(a: TimelineItem, b: TimelineItem): boolean {
  const [timeA, timeB] = [timeOf(a), timeOf(b)];
  return timeA === '' || timeB === '' || dayNumber(timeA) === dayNumber(timeB);
}

function sameGroup(a: TimelineItem, b: TimelineItem): boolean {
  if (senderOf(a) !== senderOf(b) || !sameDay(a, b)) return false;
  return Math.abs(Date.parse(timeOf(b)) - Date.parse(timeOf(a))) <= GROUP_MS;
}

function senderOf(item: TimelineItem): string | null {
  if (item.own) return 'me';
  return item.kind === 'stored' ? item.message.senderId : null;
}
