import { Injectable } from '@nestjs/common';
import type { ErasureReceipt } from '@app/contracts/edge';
import { Refusal, unavailable } from '@app/platform';
import { LruMap } from '../lru-map.js';
import { ChatEraser } from '../messages/chat-eraser.js';
import { MessageWriter } from '../messages/message-writer.js';
import { FanOut } from '../realtime/fan-out.js';
import { ChatsClient } from './chats.client.js';

/** How long DELETE may take before it answers that it goes on, in milliseconds. */
const ANSWER_WITHIN_MS = 10_000;

/**
 * Deletes a chat in both stores: closed here first, then destroyed by chat, then erased here. Whatever dies in
 * between, chat's outbox has it finished.
 */
@Injectable()
export class ChatErasure {
  private readonly told = new LruMap<string, true>(10_000);
  private readonly asking = new Set<string>();

  constructor(
    private readonly chats: ChatsClient,
    private readonly writer: MessageWriter,
    private readonly eraser: ChatEraser,
    private readonly fanOut: FanOut,
  ) {}

  /**
   * Erases a chat for one of its members.
   * @returns what was verified
   * @throws {Refusal} CHAT_NOT_FOUND, or SERVICE_UNAVAILABLE while it goes on; to repeat it is safe
   */
  async delete(userId: string, chatId: string, sessionId: string): Promise<ErasureReceipt> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, refuse) => {
      timer = setTimeout(
        () => refuse(unavailable('The chat is being erased; ask again for the receipt')),
        ANSWER_WITHIN_MS,
      );
    });
    try {
      return await Promise.race([this.run(userId, chatId, sessionId), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  private async run(userId: string, chatId: string, sessionId: string): Promise<ErasureReceipt> {
    // Nobody but a member may close a chat; whoever asks for the receipt of one that is gone closes nothing.
    const closing = !this.writer.isClosed(chatId) && (await this.isMember(userId, chatId));
    if (closing) this.writer.close(chatId);
    this.chats.dropAccess(chatId);
    let destroyed;
    try {
      destroyed = await this.chats.delete(userId, chatId, sessionId);
    } catch (error) {
      const unknown = error instanceof Refusal && error.code === 'SERVICE_UNAVAILABLE';
      // A definite refusal opens the chat again; an unknown outcome leaves it closed until it is known.
      if (!unknown && closing) this.writer.reopen(chatId);
      if (unknown && closing) this.askAgain(userId, chatId, sessionId);
      throw error;
    }
    const { messagesErased, erasedAt } = await this.finish(chatId, destroyed.memberIds);
    return {
      chatId,
      keyDestroyedAt: destroyed.keyDestroyedAt,
      messagesErased,
      erasedAt: new Date(erasedAt).toISOString(),
    };
  }

  private async isMember(userId: string, chatId: string): Promise<boolean> {
    try {
      await this.chats.access(userId, chatId);
      return true;
    } catch (error) {
      if (error instanceof Refusal && error.code === 'CHAT_NOT_FOUND') return false;
      throw error;
    }
  }

  /** Erases the messages of a chat that chat has destroyed, and tells those who were its members. */
  async finish(
    chatId: string,
    memberIds: readonly string[],
  ): Promise<{ messagesErased: number; erasedAt: number }> {
    this.writer.close(chatId);
    this.chats.dropAccess(chatId);
    if (!this.told.get(chatId)) {
      this.told.set(chatId, true);
      this.fanOut.emit(memberIds, 'chat:deleted', { chatId });
    }
    return this.eraser.erase(chatId);
  }

  /** Finds out what became of a deletion whose answer was lost, until chat says so. */
  private askAgain(userId: string, chatId: string, sessionId: string): void {
    if (this.asking.has(chatId)) return;
    this.asking.add(chatId);
    const ask = (): void => {
      this.chats.delete(userId, chatId, sessionId).then(
        ({ memberIds }) => {
          this.asking.delete(chatId);
          void this.finish(chatId, memberIds).catch(() => undefined);
        },
        (error: unknown) => {
          if (error instanceof Refusal && error.code === 'SERVICE_UNAVAILABLE') {
            setTimeout(ask, 1_000).unref();
            return;
          }
          this.asking.delete(chatId);
          this.writer.reopen(chatId);
        },
      );
    };
    setTimeout(ask, 1_000).unref();
  }
}
