import { Injectable } from '@nestjs/common';
import { LIMITS, type Message, type MessagePage, type StoredChat } from '@app/contracts/edge';
import { MessageStore, type PageQuery } from '../../store/message-store.js';
import { MemberAccess } from '../chats/member-access.js';
import { Broadcast } from '../live/broadcast.js';

/** Reads a chat's messages for its members, and erases a member's own. */
@Injectable()
export class ChatMessages {
  constructor(
    private readonly access: MemberAccess,
    private readonly store: MessageStore,
    private readonly broadcast: Broadcast,
  ) {}

  /**
   * Returns a page of history.
   * @throws {Refusal} CHAT_NOT_FOUND
   */
  async page(userId: string, chatId: string, query: PageQuery): Promise<MessagePage> {
    const { messageKey } = await this.access.require(userId, chatId);
    return this.store.page({ chatId, messageKey }, query);
  }

  /**
   * Erases one's own message for everybody; a tombstone stays.
   * @throws {Refusal} CHAT_NOT_FOUND, MESSAGE_NOT_FOUND
   */
  async delete(userId: string, chatId: string, messageId: string): Promise<Message> {
    const { memberIds } = await this.access.require(userId, chatId);
    const { tombstone, changed } = await this.store.eraseMessage(userId, chatId, messageId);
    if (changed) this.broadcast.emit(memberIds, 'message:deleted', { message: tombstone });
    return tombstone;
  }

  /**
   * Returns what lies on the disk of a chat: the sealed bytes of its last messages, never a key.
   * @throws {Refusal} CHAT_NOT_FOUND
   */
  async stored(userId: string, chatId: string): Promise<StoredChat> {
    const { keyVersion, wrappedBytes } = await this.access.require(userId, chatId);
    return {
      key: { version: keyVersion, wrappedBytes, file: 'chat.db' },
      messages: await this.store.sealedBytes(chatId, LIMITS.storedMessages),
    };
  }
}
