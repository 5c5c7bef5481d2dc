import { once } from 'node:events';
import { Injectable } from '@nestjs/common';
import { LIMITS, type User } from '@app/contracts/edge';
import { Refusal } from '@app/platform';
import type { Response } from 'express';
import { ChatViews } from '../chats/chat-views.js';
import { ChatsClient } from '../chats/chats.client.js';
import { MessagesService } from '../messages/messages.service.js';

/** Streams everything a user may read as one JSON document, a page of one chat in memory at a time. */
@Injectable()
export class DataExport {
  constructor(
    private readonly chats: ChatsClient,
    private readonly views: ChatViews,
    private readonly messages: MessagesService,
  ) {}

  /** Writes the document; what fails before its first byte is answered as a problem, after it the stream is cut. */
  async stream(user: User, response: Response): Promise<void> {
    const chats = await this.views.viewAll(user.id, await this.chats.list(user.id));
    const write = async (text: string): Promise<void> => {
      if (response.destroyed) throw new Refusal('SERVICE_UNAVAILABLE', 'The reader is gone');
      if (!response.write(text)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
    };
    response
      .type('application/json')
      .set('Content-Disposition', 'attachment; filename="secure-chat-export.json"');
    await write(`{"user":${JSON.stringify(user)},"chats":[`);
    for (const [i, chat] of chats.entries()) {
      await write(`${i > 0 ? ',' : ''}{"chat":${JSON.stringify(chat)},"messages":[`);
      await this.writeMessages(user.id, chat.id, write);
      await write(']}');
    }
    await write(']}');
    response.end();
  }

  private async writeMessages(
    userId: string,
    chatId: string,
    write: (text: string) => Promise<void>,
  ): Promise<void> {
    let after = 0;
    for (let hasMore = true; hasMore;) {
      const page = await this.messages.page(userId, chatId, { after, limit: LIMITS.pageSizeMax });
      if (page.messages.length > 0) {
        const text = page.messages.map((message) => JSON.stringify(message)).join(',');
        await write(after > 0 ? `,${text}` : text);
      }
      after = page.messages.at(-1)?.seq ?? after;
      ({ hasMore } = page);
    }
  }
}
