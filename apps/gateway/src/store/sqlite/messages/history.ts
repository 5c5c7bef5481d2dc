import { Inject, Injectable } from '@nestjs/common';
import type { Message, MessagePage, StoredChat } from '@app/contracts/edge';
import { splitSealed } from '@app/crypto';
import { isDamaged, LOGGER } from '@app/platform';
import type { KeyObject } from 'node:crypto';
import type { Logger } from 'pino';
import type { KeyedChat, PageQuery } from '../../message-store.js';
import { missing, open } from '../../message-view.js';
import { PageSize } from '../../page-size.js';
import { ChatStates, type ChatState } from './chat-state.js';
import { MessageRepository } from './message.repository.js';
import { ShortCollections } from './short-collections.js';
import type { MessageRow } from './stored-state.js';

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

  /** Returns the message with the chat's last seq, also as a tombstone. */
  last(state: ChatState, messageKey: KeyObject): Message | null {
    return this.read(state, messageKey, state.lastSeq, state.lastSeq)[0] ?? null;
  }

  /** Returns the sealed bytes of a chat's last messages. */
  sealedBytes(chatId: string, count: number): StoredChat['messages'] {
    const { ref, lastSeq } = this.states.get(chatId);
    const rows = ref === undefined ? [] : this.rows(chatId, ref, lastSeq - count + 1, lastSeq);
    return rows.flatMap((row) => {
      if (row.sealed === null) return [];
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
