import { Injectable } from '@nestjs/common';
import type { Reply } from '@app/contracts/bus';
import { ApiError } from '@app/platform';
import { ChatKeys } from '../keys/chat-keys.js';
import { ChatStore } from '../store/chat-store.js';

type Access = Omit<Reply<'chat.access'>, 'others'>;

/** Checks who may read and write a chat's messages. */
@Injectable()
export class ChatAccess {
  constructor(
    private readonly store: ChatStore,
    private readonly keys: ChatKeys,
  ) {}

  /**
   * Returns the members and the message key, to a member.
   * @throws {ApiError} CHAT_NOT_FOUND
   */
  async of(chatId: string, userId: string): Promise<Access> {
    const access = await this.find(chatId, userId);
    if (!access) throw new ApiError('CHAT_NOT_FOUND');
    return access;
  }

  /** Returns the same as `of`, for those of several chats that the user is in. */
  async ofSeveral(
    chatIds: readonly string[],
    userId: string,
  ): Promise<(Access & { readonly chatId: string })[]> {
    const found: (Access & { readonly chatId: string })[] = [];
    for (const chatId of chatIds) {
      const access = await this.find(chatId, userId);
      if (access) found.push({ chatId, ...access });
    }
    return found;
  }

  private async find(chatId: string, userId: string): Promise<Access | undefined> {
    const stored = await this.store.keys.findAccess(chatId);
    if (!stored?.memberIds.includes(userId)) return undefined;
    const { messageKey, keyVersion, wrappedBytes } = this.keys.messageAccess(chatId, stored.wrappedKey);
    return {
      memberIds: [...stored.memberIds],
      messageKey: messageKey.toString('base64'),
      keyVersion,
      wrappedBytes,
      messageTtl: stored.messageTtl,
    };
  }
}
