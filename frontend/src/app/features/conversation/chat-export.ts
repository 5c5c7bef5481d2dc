import { ApiError, type ChatClient } from '@app/client';
import { LongWork, patiently } from '@app/client/long-reading';
import type { Chat, Message } from '@app/contracts/edge';
import { chatTitle, memberName, shownName } from '../../core/wording/chat-words';
import { dayNumber } from '../../core/wording/time-words';
import { exportDay, exportEnd, exportHead, exportMessage } from './export-html';

/** What an export needs and tells. */
export interface ExportOptions {
  readonly client: ChatClient;
  readonly chatId: string;
  readonly timeZone: string;
  /** When, ISO 8601. */
  readonly at: string;
  readonly signal: AbortSignal;
  readonly onProgress: (read: number, total: number) => void;
  /** It waits because of this; null when it goes on. */
  readonly onWaiting: (cause: ApiError | null) => void;
}

/** The messages of one page, written as HTML, and whether some of them are others by now. */
interface Part {
  readonly first: number;
  readonly last: number;
  /** The day that the message before them was sent. */
  readonly dayBefore: number | null;
  html: Blob;
  stale: boolean;
}

const PAGE = 200;

/**
 * Writes a chat as one page of HTML: reads its history from the oldest page on, then once more those pages of which a
 * message was changed or deleted meanwhile.
 * @returns the pieces of the file
 * @throws ApiError
 */
export async function exportChat(options: ExportOptions): Promise<readonly BlobPart[]> {
  const { client, chatId, at, timeZone, signal } = options;
  const reading = new Reading(options);
  try {
    await reading.readAll();
  } finally {
    reading.close();
  }
  signal.throwIfAborted();
  const chat = chatOf(client, chatId);
  const me = client.user;
  const head = exportHead({
    title: chatTitle(chat, me?.id),
    members: chat.members.map(({ username }) => shownName(username)),
    exportedBy: shownName(me?.username ?? ''),
    at,
    timeZone,
  });
  return [head, ...reading.parts.map(({ html }) => html), exportEnd(reading.parts.length === 0)];
}

class Reading {
  readonly parts: Part[] = [];
  readonly #options: ExportOptions;
  readonly #ends: readonly (() => void)[];
  /** Messages that have changed since the page under way was asked for. */
  readonly #changed = new Set<number>();
  #deletedAccounts: number;

  constructor(options: ExportOptions) {
    this.#options = options;
    const { client, chatId } = options;
    this.#deletedAccounts = deletedAccounts(client.chat(chatId));
    this.#ends = [
      client.on('message-changed', (message) => {
        if (message.chatId === chatId) this.#noteChange(message.seq);
      }),
      // What happened while the connection was away is not told, nor are the messages that go with an account.
      client.on('state', ({ state }) => state === 'connected' && this.#noteAll()),
      client.on('chats', () => {
        const count = deletedAccounts(client.chat(chatId));
        if (count !== this.#deletedAccounts) this.#noteAll();
        this.#deletedAccounts = count;
      }),
    ];
  }

  /** @throws ApiError */
  async readAll(): Promise<void> {
    let day: number | null = null;
    let count = 0;
    for (let after = 0, more = true; more;) {
      const { messages, hasMore } = await this.#page(after, PAGE);
      const [first, last] = [messages[0], messages.at(-1)];
      if (!first || !last) break;
      const part: Part = {
        first: first.seq,
        last: last.seq,
        dayBefore: day,
        html: await this.#write(messages, day),
        stale: false,
      };
      part.stale = [...this.#changed].some((seq) => seq <= part.last);
      this.parts.push(part);
      day = messages.reduce(lastDay, day);
      count += messages.length;
      this.#options.onProgress(count, Math.max(count, this.#chat().lastSeq));
      after = last.seq;
      more = hasMore;
    }
    for (let stale = this.#stale(); stale; stale = this.#stale()) await this.#readAgain(stale);
  }

  close(): void {
    for (const end of this.#ends) end();
  }

  #stale(): Part | undefined {
    return this.parts.find((part) => part.stale);
  }

  async #readAgain(part: Part): Promise<void> {
    part.stale = false;
    const pieces: Blob[] = [];
    let day = part.dayBefore;
    for (let after = part.first - 1; after < part.last;) {
      const { messages } = await this.#page(after, Math.min(PAGE, part.last - after));
      const last = messages.at(-1);
      if (!last) break;
      pieces.push(await this.#write(messages, day));
      day = messages.reduce(lastDay, day);
      after = last.seq;
    }
    part.html = new Blob(pieces);
  }

  #page(after: number, limit: number) {
    const { client, chatId, signal, onWaiting } = this.#options;
    const read = () => {
      this.#changed.clear();
      return client.messages(chatId, { after, limit, signal });
    };
    return patiently(read, { signal, onWaiting });
  }

  async #write(messages: readonly Message[], dayBefore: number | null): Promise<Blob> {
    const work = new LongWork();
    const chat = this.#chat();
    const me = this.#options.client.user?.id;
    const pieces: string[] = [];
    let day = dayBefore;
    for (const message of messages) {
      await work.pause();
      this.#options.signal.throwIfAborted();
      const { sentAt, senderId } = message;
      if (sentAt !== null && dayNumber(sentAt) !== day) pieces.push(exportDay(sentAt));
      day = lastDay(day, message);
      const sender = memberName(chat, senderId);
      pieces.push(exportMessage({ message, sender, own: senderId !== null && senderId === me }));
    }
    return new Blob(pieces);
  }

  #chat(): Chat {
    return chatOf(this.#options.client, this.#options.chatId);
  }

  #noteChange(seq: number): void {
    this.#changed.add(seq);
    const part = this.parts.find(({ first, last }) => seq >= first && seq <= last);
    if (part) part.stale = true;
  }

  #noteAll(): void {
    for (const part of this.parts) part.stale = true;
  }
}

/** @throws ApiError CHAT_NOT_FOUND */
function chatOf(client: ChatClient, chatId: string): Chat {
  const chat = client.chat(chatId);
  if (!chat) throw new ApiError('CHAT_NOT_FOUND', { detail: 'Chat not found' });
  return chat;
}

function lastDay(day: number | null, { sentAt }: Message): number | null {
  return sentAt === null ? day : dayNumber(sentAt);
}

function deletedAccounts(chat: Chat | undefined): number {
  return chat?.formerMembers.filter(({ username }) => username === null).length ?? 0;
}
