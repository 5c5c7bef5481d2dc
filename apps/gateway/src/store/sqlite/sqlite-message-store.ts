import { Inject, Injectable } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { Message, MessagePage, StoredChat } from '@app/contracts/edge';
import { uuidToBytes } from '@app/crypto';
import { inBatches, Refusal, WriteQueue } from '@app/platform';
import type { DataSource } from 'typeorm';
import {
  MessageStore,
  type ChatHead,
  type ErasedChat,
  type KeyedChat,
  type MemberReceipts,
  type NewMessage,
  type PageQuery,
} from '../message-store.js';
import { describe } from '../message-view.js';
import { ChatEraser } from './erasure/chat-eraser.js';
import { MessageEraser } from './erasure/message-eraser.js';
import { SenderEraser } from './erasure/sender-eraser.js';
import { ChatStates, type Mark } from './messages/chat-state.js';
import { History } from './messages/history.js';
import { MessageWriter } from './messages/message-writer.js';
import type { MessageRow } from './messages/stored-state.js';

/** The message store in gateway.db. */
@Injectable()
export class SqliteMessageStore extends MessageStore {
  constructor(
    private readonly writer: MessageWriter,
    private readonly states: ChatStates,
    private readonly history: History,
    private readonly messageEraser: MessageEraser,
    private readonly chatEraser: ChatEraser,
    private readonly senderEraser: SenderEraser,
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
        if (before instanceof Refusal) message.failed(before);
        else message.stored(before, true);
      },
    });
  }

  /** What is answered to a message whose client id its sender used before. */
  private repeated({ chatId, messageKey, text }: NewMessage, row: MessageRow): Message | Refusal {
    const message = this.history.open(chatId, uuidToBytes(chatId), messageKey, row);
    const conflict = !message.deletedAt && !message.damaged && message.text !== text;
    return conflict ? new Refusal('IDEMPOTENCY_CONFLICT') : message;
  }

  override async page(chat: KeyedChat, query: PageQuery): Promise<MessagePage> {
    return this.history.page(chat, query);
  }

  override async heads(
    chats: readonly (KeyedChat & { readonly userIds: readonly string[] })[],
  ): Promise<ChatHead[]> {
    const heads: ChatHead[] = [];
    await inBatches(chats, ({ chatId, messageKey, userIds }) => {
      const state = this.states.get(chatId);
      heads.push({
        lastSeq: state.lastSeq,
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
    return this.writer.forgetMarks(chatId, userId);
  }

  override eraseMessage(
    userId: string,
    chatId: string,
    messageId: string,
  ): Promise<{ tombstone: Message; changed: boolean }> {
    return this.messageEraser.erase(userId, chatId, messageId);
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
