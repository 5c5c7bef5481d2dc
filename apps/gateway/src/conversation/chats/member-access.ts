import { Injectable } from '@nestjs/common';
import { ApiError } from '@app/platform';
import { ChatsClient, type ChatAccess } from '../../services/chats.client.js';
import { MessageStore } from '../../store/message-store.js';

/** Checks that a user is a member of a chat. */
@Injectable()
export class MemberAccess {
  constructor(
    private readonly chats: ChatsClient,
    private readonly store: MessageStore,
  ) {}

  /**
   * Returns a member's access. Every call on a chat passes here but those that find a cached access by `cached`.
   * @throws {ApiError} CHAT_NOT_FOUND for anyone but a member and while the chat is being erased
   */
  async require(userId: string, chatId: string): Promise<ChatAccess> {
    if (this.store.isClosed(chatId)) throw new ApiError('CHAT_NOT_FOUND');
    const access = await this.chats.access(userId, chatId);
    if (this.store.isClosed(chatId)) throw new ApiError('CHAT_NOT_FOUND');
    return access;
  }

  /**
   * Returns the members of a chat.
   * @param userIds some who are or were in it: access is requested on their behalf, one after the other
   * @returns nobody where none of them is a member any more, or chat does not answer
   */
  async membersOf(chatId: string, userIds: readonly string[]): Promise<readonly string[]> {
    for (const userId of userIds)
      try {
        return (await this.require(userId, chatId)).memberIds;
      } catch (error) {
        if (!(error instanceof ApiError && error.code === 'CHAT_NOT_FOUND')) return [];
      }
    return [];
  }

  /** Returns a member's access if it is cached and fresh: the path of a message without a wait. */
  cached(userId: string, chatId: string): ChatAccess | undefined {
    return this.chats.knownAccess(userId, chatId);
  }
}
