import { Inject, Injectable } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { Message, MessagePage, StoredChat } from '@app/contracts/edge';
import { contentDigest, uuidToBytes } from '@app/crypto';
import { inBatches, ApiError, WriteQueue } from '@app/platform';
import type { DataSource } from 'typeorm';
import {
  MessageStore,
  type ChatHead,
  type ErasedChat,
  type Expiry,
  type KeyedChat,
  type MemberReceipts,
  type MessageChange,
  type NewMessage,
  type PageQuery,
} from '../message-store.js';
import { describe } from '../message-view.js';
import { ChatEraser } from './erasure/chat-eraser.js';
import { Compaction } from './erasure/compaction.js';
import { LogTruncation } from './erasure/log-truncation.js';
import { MessageEraser } from './erasure/message-eraser.js';
import { SenderEraser } from './erasure/sender-eraser.js';
import { ChatStates, type Mark } from './messages/chat-state.js';
import { History } from './messages/history.js';
import { MessageChanges } from './messages/message-changes.js';
import { MessageWriter } from './messages/message-writer.js';
import type { MessageRow } from './messages/stored-state.js';

/** After how many changes the space of blank rows is looked at. */
const CHANGES_PER_COMPACTION = 1_000;

/** The message store in gateway.db. */
@Injectable()
export class SqliteMessageStore extends MessageStore {
  private replaced = 0;

  constructor(
    private readonly writer: MessageWriter,
    private readonly states: ChatStates,
    private readonly history: History,
    private readonly messageEraser: MessageEraser,
    private readonly chatEraser: ChatEraser,
    private readonly senderEraser: SenderEraser,
    private readonly changes: MessageChanges,
    private readonly truncation: LogTruncation,
    private readonly compaction: Compaction,
    private readonly queue: WriteQueue,
    @Inject(getDataSourceToken()) private readonly source: DataSource,
  ) {
    super();
  }

  override append(message: NewMessage): void {
    this.writer.send({
      ...message,
      stored: (row, repeat) => {
        if (!repeat) {
          message.stored(describe(message.chatId, row, message.text), false);
          return;
        }
        const before = this.repeated(message, row);
        if (before instanceof ApiError) message.failed(before);
        else message.stored(before, true);
      },
    });
  }

  /** What is answered to a message whose client id its sender used before. */
  private repeated({ chatId, messageKey, text, replyTo }: NewMessage, row: MessageRow): Message | ApiError {
    const message = this.history.open(chatId, uuidToBytes(chatId), messageKey, row);
    if (message.deletedAt !== null || message.damaged) return message;
    const same = row.first_content
      ? row.first_content.equals(
          contentDigest(messageKey, row.id, text, replyTo === null ? null : uuidToBytes(replyTo)),
        )
      : message.text === text && message.replyTo === replyTo;
    return same ? message : new ApiError('IDEMPOTENCY_CONFLICT');
  }

  override async message(chat: KeyedChat, messageId: string): Promise<Message> {
    return this.history.one(chat, messageId);
  }

  override async page(chat: KeyedChat, query: PageQuery): Promise<MessagePage> {
    return query.changedAfter === undefined
      ? this.history.page(chat, query)
      : this.history.changedAfter(chat, query.changedAfter, query.limit);
  }

  override async heads(
    chats: readonly (KeyedChat & { readonly userIds: readonly string[] })[],
  ): Promise<ChatHead[]> {
    const heads: ChatHead[] = [];
    await inBatches(chats, ({ chatId, messageKey, userIds }) => {
      const state = this.states.get(chatId);
      heads.push({
        lastSeq: state.lastSeq,
        lastRev: state.lastRev,
        lastAt: state.lastAt,
        lastMessage: this.history.last(state, messageKey),
        receipts: new Map(userIds.map((id) => [id, receiptsOf(this.states.mark(state, id))])),
      });
    });
    return heads;
  }

  override async sealedBytes(chatId: string, count: number): Promise<StoredChat['messages']> {
    return this.history.sealedBytes(chatId, count);
  }

  override async moveReceipts(
    chatId: string,
    userId: string,
    kind: 'delivered' | 'read',
    seq: number,
  ): Promise<{ receipts: MemberReceipts; changed: boolean }> {
    const { mark, changed } = await this.writer.move(chatId, userId, kind, seq);
    return { receipts: receiptsOf(mark), changed };
  }

  override deleteReceipts(chatId: string, userId: string): Promise<void> {
    return this.writer.deleteReceipts(chatId, userId);
  }

  override eraseMessage(change: Omit<MessageChange, 'messageKey'>): Promise<Message> {
    return this.messageEraser.erase(change);
  }

  override async edit(change: MessageChange, text: string): Promise<Message> {
    return this.cleanUp(await this.changes.edit(change, text));
  }

  override async react(change: MessageChange, emoji: string | null): Promise<Message> {
    return this.cleanUp(await this.changes.react(change, emoji));
  }

  /** Has the bytes of what was replaced leave the disk, and now and then the space of blank rows given back. */
  private cleanUp({ message, changed }: { message: Message; changed: boolean }): Message {
    if (!changed) return message;
    this.truncation.request();
    if (++this.replaced % CHANGES_PER_COMPACTION === 0) this.compaction.request();
    return message;
  }

  override expired(most: number): Promise<Expiry[]> {
    return this.messageEraser.expired(most);
  }

  override expire(expiries: readonly Expiry[], changed: (tombstone: Message) => void): Promise<void> {
    return this.messageEraser.expire(expiries, changed);
  }

  override eraseChat(chatId: string): Promise<ErasedChat> {
    return this.chatEraser.erase(chatId);
  }

  override eraseSender(userId: string): Promise<void> {
    return this.senderEraser.erase(userId);
  }

  override close(chatId: string): void {
    this.writer.close(chatId);
  }

  override reopen(chatId: string): void {
    this.writer.reopen(chatId);
  }

  override isClosed(chatId: string): boolean {
    return this.writer.isClosed(chatId);
  }

  override drain(): Promise<void> {
    return this.writer.drain();
  }

  override async isHealthy(): Promise<boolean> {
    await this.source.query('SELECT count(*) FROM secrets');
    return this.queue.takesWrites();
  }
}

function receiptsOf({ delivered, read, unread }: Mark): MemberReceipts {
  return { deliveredSeq: delivered, readSeq: read, unread };
}
