import { Inject, Injectable } from '@nestjs/common';
import type { Message, MessagePage, StoredChat } from '@app/contracts/edge';
import { splitSealed, uuidToBytes } from '@app/crypto';
import { isDamaged, LOGGER, ApiError, yieldToEventLoop } from '@app/platform';
import type { KeyObject } from 'node:crypto';
import type { Logger } from 'pino';
import { seqOfMessageId } from '../../message-id.js';
import type { KeyedChat, PageQuery } from '../../message-store.js';
import { missing, open } from '../../message-view.js';
import { PageSize } from '../../page-size.js';
import { ChatStates, type ChatState } from './chat-state.js';
import { MessageRepository } from './message.repository.js';
import { ShortCollections } from './short-collections.js';
import type { MessageRow } from './stored-state.js';

/** How many rows are looked through at once for those that have not changed: about 2 ms. */
const ROWS_AT_ONCE = 1_000;

/** Reads and opens stored messages. */
@Injectable()
export class History {
  constructor(
    private readonly states: ChatStates,
    private readonly repository: MessageRepository,
    private readonly collections: ShortCollections,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Returns a page: since seq has no gaps, a page is a range of seqs, and a seq without a row shows as damaged. It ends
   * where it has become large, with one message at least.
   */
  page({ chatId, messageKey }: KeyedChat, { before, after, limit }: PageQuery): MessagePage {
    const state = this.states.get(chatId);
    const size = new PageSize();
    const end = Math.min(state.lastSeq, (before ?? Infinity) - 1);
    const messages: Message[] = [];
    if (after !== undefined) {
      const to = Math.min(after + limit, end);
      for (let from = after + 1; from <= to && !size.isFull; from += PageSize.step)
        messages.push(
          ...size.fitting(this.read(state, messageKey, from, Math.min(to, from + PageSize.step - 1))),
        );
      return { messages, hasMore: after + messages.length < end };
    }
    const from = Math.max(1, end - limit + 1);
    for (let to = end; to >= from && !size.isFull; to -= PageSize.step) {
      const some = this.read(state, messageKey, Math.max(from, to - PageSize.step + 1), to);
      messages.unshift(...size.fitting(some.toReversed()).toReversed());
    }
    return { messages, hasMore: messages.length > 0 && end - messages.length > 0 };
  }

  /**
   * Returns a message, the tombstone too.
   * @throws {ApiError} MESSAGE_NOT_FOUND
   */
  one({ chatId, messageKey }: KeyedChat, messageId: string): Message {
    const { ref, bytes } = this.states.get(chatId);
    const id = uuidToBytes(messageId);
    const row = ref === undefined ? undefined : this.repository.bySeq(ref, seqOfMessageId(id));
    if (!row?.id.equals(id)) throw new ApiError('MESSAGE_NOT_FOUND');
    return this.open(chatId, bytes, messageKey, row);
  }

  /**
   * Returns the messages with a greater rev, ascending by rev. A message that was only sent has its rev in its row, and
   * these revs grow with seq; of all others `changes` has the rev of the latest change.
   */
  async changedAfter(chat: KeyedChat, rev: number, limit: number): Promise<MessagePage> {
    const state = this.states.get(chat.chatId);
    const { ref, lastRev } = state;
    if (ref === undefined || rev >= lastRev) return { messages: [], hasMore: false };
    const changed = this.repository.changedAfter(ref, rev, limit + 1);
    // What was sent later than the page's last change belongs to a later page.
    const upTo = changed[limit]?.rev ?? Infinity;
    const sent = await this.unchangedAfter(state, ref, rev, upTo, limit + 1);
    const all = [...changed, ...sent].sort((a, b) => a.rev - b.rev);
    const size = new PageSize();
    const messages: Message[] = [];
    for (const { seq } of all.slice(0, limit)) {
      const row = this.rowAt(chat.chatId, ref, seq);
      const some = row ? size.fitting([this.open(chat.chatId, state.bytes, chat.messageKey, row)]) : [];
      if (size.isFull) break;
      messages.push(...some);
    }
    this.collections.count(messages.length);
    // What has changed while this page was read comes with the next one.
    return {
      messages,
      hasMore: size.isFull || all.length > limit || this.states.get(chat.chatId).lastRev > lastRev,
    };
  }

  /** Messages that have not changed since they were sent with a rev above one and below another. */
  private async unchangedAfter(
    state: ChatState,
    ref: number,
    rev: number,
    upTo: number,
    most: number,
  ): Promise<{ rev: number; seq: number }[]> {
    const found: { rev: number; seq: number }[] = [];
    let from = this.firstSentAfter(state, ref, rev);
    while (found.length < most && from <= state.lastSeq) {
      const rows = this.repository.unchangedFrom(ref, from, ROWS_AT_ONCE);
      for (const { seq, first_rev: sentRev, changed } of rows) {
        if (sentRev >= upTo || found.length >= most) return found;
        if (!changed) found.push({ rev: sentRev, seq });
      }
      if (rows.length < ROWS_AT_ONCE) return found;
      from = (rows.at(-1)?.seq ?? state.lastSeq) + 1;
      await yieldToEventLoop();
    }
    return found;
  }

  /** The first seq from which all messages were sent with a greater rev. */
  private firstSentAfter({ lastSeq }: ChatState, ref: number, rev: number): number {
    let [low, high] = [1, lastSeq + 1];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const row = this.repository.firstFrom(ref, middle);
      if (row && row.first_rev <= rev) low = row.seq + 1;
      else high = middle;
    }
    return low;
  }

  private rowAt(chatId: string, ref: number, seq: number): MessageRow | undefined {
    return this.rows(chatId, ref, seq, seq)[0];
  }

  /** Returns the message with the chat's last seq, also as a tombstone. */
  last(state: ChatState, messageKey: KeyObject): Message | null {
    return this.read(state, messageKey, state.lastSeq, state.lastSeq)[0] ?? null;
  }

  /** Returns the sealed bytes of a chat's last messages. */
  sealedBytes(chatId: string, count: number): StoredChat['messages'] {
    const { ref, lastSeq } = this.states.get(chatId);
    const rows = ref === undefined ? [] : this.rows(chatId, ref, lastSeq - count + 1, lastSeq);
    return rows.flatMap((row) => {
      if (row.sealed === null || (row.expires_at ?? Infinity) <= Date.now()) return [];
      const { version, nonce, sealed, tag } = splitSealed(row.sealed);
      const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
      const parts = { nonce: base64(nonce), sealed: base64(sealed), tag: base64(tag) };
      return [{ seq: row.seq, version, ...parts, file: 'gateway.db' }];
    });
  }

  /** Opens one row. */
  open(chatId: string, chatBytes: Buffer, messageKey: KeyObject, row: MessageRow): Message {
    const message = open(chatId, chatBytes, messageKey, row);
    if (message.damaged)
      this.logger.warn({ chatId, messageId: message.id, seq: row.seq }, 'a stored message does not open');
    return message;
  }

  /** The messages from one seq to another, both included. */
  private read(state: ChatState, messageKey: KeyObject, from: number, to: number): Message[] {
    if (state.ref === undefined || from > to || to < 1) return [];
    const rows = this.rows(state.chatId, state.ref, Math.max(1, from), to);
    const messages: Message[] = [];
    let next = 0;
    for (let seq = Math.max(1, from); seq <= to; seq++) {
      const row = rows[next];
      if (row?.seq === seq) {
        messages.push(this.open(state.chatId, state.bytes, messageKey, row));
        next++;
      } else {
        this.logger.warn({ chatId: state.chatId, seq }, 'a message is missing from the store');
        messages.push(missing(state.chatId, seq));
      }
    }
    this.collections.count(rows.length);
    return messages;
  }

  private rows(chatId: string, ref: number, from: number, to: number): MessageRow[] {
    try {
      return this.repository.range(ref, from, to);
    } catch (error) {
      if (!isDamaged(error)) throw error;
      this.logger.error({ err: error, chatId }, 'the message store is damaged');
      return this.repository.readable(ref, from, to);
    }
  }
}
