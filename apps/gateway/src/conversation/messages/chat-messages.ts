import { Injectable } from '@nestjs/common';
import { LIMITS, type Message, type MessagePage, type StoredChat } from '@app/contracts/edge';
import { MessageStore, type MessageChange, type PageQuery } from '../../store/message-store.js';
import { MemberAccess } from '../chats/member-access.js';
import { Broadcast } from '../live/broadcast.js';

/** Reads and changes a chat's messages for its members. */
@Injectable()
export class ChatMessages {
  constructor(
    private readonly access: MemberAccess,
    private readonly store: MessageStore,
    private readonly broadcast: Broadcast,
  ) {}

  /**
   * Returns a page of history, or of what has changed.
   * @throws {ApiError} CHAT_NOT_FOUND
   */
  async page(userId: string, chatId: string, query: PageQuery): Promise<MessagePage> {
    const { messageKey } = await this.access.require(userId, chatId);
    return this.store.page({ chatId, messageKey }, query);
  }

  /**
   * Returns a message, the tombstone too.
   * @throws {ApiError} CHAT_NOT_FOUND, MESSAGE_NOT_FOUND
   */
  async one(userId: string, chatId: string, messageId: string): Promise<Message> {
    const { messageKey } = await this.access.require(userId, chatId);
    return this.store.message({ chatId, messageKey }, messageId);
  }

  /**
   * Puts another text in the place of one's own message's.
   * @throws {ApiError} CHAT_NOT_FOUND, MESSAGE_NOT_FOUND, EDIT_TOO_LATE
   */
  async edit(userId: string, chatId: string, messageId: string, text: string): Promise<Message> {
    return this.store.edit(await this.change('message:updated', userId, chatId, messageId), text);
  }

  /**
   * Sets one's own reaction to a message.
   * @param emoji null removes it
   * @throws {ApiError} CHAT_NOT_FOUND, MESSAGE_NOT_FOUND
   */
  async react(userId: string, chatId: string, messageId: string, emoji: string | null): Promise<Message> {
    return this.store.react(await this.change('message:updated', userId, chatId, messageId), emoji);
  }

  /**
   * Erases one's own message for everybody; a tombstone stays.
   * @throws {ApiError} CHAT_NOT_FOUND, MESSAGE_NOT_FOUND
   */
  async delete(userId: string, chatId: string, messageId: string): Promise<Message> {
    return this.store.eraseMessage(await this.change('message:deleted', userId, chatId, messageId));
  }

  private async change(
    event: 'message:updated' | 'message:deleted',
    userId: string,
    chatId: string,
    messageId: string,
  ): Promise<MessageChange> {
    const { memberIds, messageKey } = await this.access.require(userId, chatId);
    const changed = (message: Message): void => this.broadcast.emit(memberIds, event, { message });
    return { userId, chatId, messageKey, messageId, changed };
  }

  /**
   * Returns what lies on the disk of a chat: the sealed bytes of its last messages, never a key.
   * @throws {ApiError} CHAT_NOT_FOUND
   */
  async stored(userId: string, chatId: string): Promise<StoredChat> {
    const { keyVersion, wrappedBytes } = await this.access.require(userId, chatId);
    return {
      key: { version: keyVersion, wrappedBytes, file: 'chat.db' },
      messages: await this.store.sealedBytes(chatId, LIMITS.storedMessages),
    };
  }
}
