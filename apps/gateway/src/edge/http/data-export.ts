import { pipeline } from 'node:stream/promises';
import { Injectable } from '@nestjs/common';
import { LIMITS, type Chat } from '@app/contracts/edge';
import { errorCode, ApiError, unavailable } from '@app/platform';
import type { Response } from 'express';
import { ChatViews } from '../../conversation/chats/chat-views.js';
import { ChatsClient } from '../../services/chats.client.js';
import { ChatMessages } from '../../conversation/messages/chat-messages.js';
import { AuthClient, type VerifiedSession } from '../../services/auth.client.js';

/** How many exports run at the same time, of all users together; each user has one at most. */
const MAX_EXPORTS = 16;

/** The size of the chunks that are written to the connection, in bytes. */
const CHUNK_BYTES = 65_536;

/** Streams everything a user may read as one JSON document, with one page of one chat in memory at a time. */
@Injectable()
export class DataExport {
  private readonly users = new Set<string>();

  constructor(
    private readonly auth: AuthClient,
    private readonly chats: ChatsClient,
    private readonly views: ChatViews,
    private readonly messages: ChatMessages,
  ) {}

  /**
   * Writes the document: what there is when it begins. When a page cannot be read, or the session ends, the connection is
   * cut: nobody takes half a document for a whole one.
   * @throws {ApiError} RATE_LIMITED while another export of the user runs, SERVICE_UNAVAILABLE
   */
  async stream(session: VerifiedSession, response: Response): Promise<void> {
    const { id } = session.user;
    if (this.users.has(id))
      throw new ApiError('RATE_LIMITED', 'Another export for this user is running', { retryAfter: 5 });
    if (this.users.size >= MAX_EXPORTS) throw unavailable('Too many exports are under way');
    this.users.add(id);
    try {
      const chats = await this.views.viewAll(id, await this.chats.list(id));
      response
        .type('application/json')
        .set('Content-Disposition', 'attachment; filename="secure-chat-export.json"');
      await pipeline(this.document(session, chats), inChunks, response);
    } catch (error) {
      // The client has closed the connection.
      if (errorCode(error) !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
    } finally {
      this.users.delete(id);
    }
  }

  private async *document(session: VerifiedSession, chats: readonly Chat[]): AsyncGenerator<string> {
    yield `{"user":${JSON.stringify(session.user)},"chats":[`;
    for (const [i, chat] of chats.entries()) {
      yield `${i > 0 ? ',' : ''}{"chat":${JSON.stringify(chat)},"messages":[`;
      yield* this.messagesOf(session, chat);
      yield ']}';
    }
    yield ']}';
  }

  private async *messagesOf(session: VerifiedSession, chat: Chat): AsyncGenerator<string> {
    const query = { before: chat.lastSeq + 1, limit: LIMITS.pageSizeMax };
    let after = 0;
    for (let hasMore = chat.lastSeq > 0; hasMore;) {
      await this.auth.verify(session.digest);
      const page = await this.messages.page(session.user.id, chat.id, { ...query, after }).catch(ended);
      const text = page.messages.map((message) => JSON.stringify(message)).join(',');
      if (text !== '') yield after > 0 ? `,${text}` : text;
      after = page.messages.at(-1)?.seq ?? after;
      ({ hasMore } = page);
    }
  }
}

/** Ends the messages of a chat that was left or deleted meanwhile. */
function ended(error: unknown): { messages: []; hasMore: false } {
  if (error instanceof ApiError && error.code === 'CHAT_NOT_FOUND') return { messages: [], hasMore: false };
  throw error;
}

/** Joins texts and cuts them into chunks of the same size. */
async function* inChunks(texts: AsyncIterable<string>): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let bytes = 0;
  for await (const text of texts) {
    waiting.push(Buffer.from(text));
    bytes += waiting.at(-1)?.length ?? 0;
    if (bytes < CHUNK_BYTES) continue;
    const all = Buffer.concat(waiting);
    const end = bytes - (bytes % CHUNK_BYTES);
    for (let at = 0; at < end; at += CHUNK_BYTES) yield all.subarray(at, at + CHUNK_BYTES);
    waiting = [all.subarray(end)];
    bytes -= end;
  }
  yield Buffer.concat(waiting);
}
