import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { Id } from '@app/contracts/bus';
import type { Message, MessagePage } from '@app/contracts/edge';
import { Refusal, SchemaPipe } from '@app/platform';
import type { Response } from 'express';
import type { z } from 'zod';
import type { VerifiedSession } from '../../services/auth.client.js';
import { NoBody } from '../schemas/auth.schemas.js';
import { CurrentSession } from '../session/session.guard.js';
import { Rules } from '../request/route-rules.js';
import { Receipts } from '../../conversation/messages/receipts.js';
import { PageQuery, ReadBody, SendBody } from '../schemas/message.schemas.js';
import { ChatMessages } from '../../conversation/messages/chat-messages.js';
import { SendMessage } from '../../conversation/messages/send.js';

const ChatId = Param('id', new SchemaPipe(Id));

/** Messages over HTTP. */
@Controller('api/v1/chats/:id')
export class MessagesHttpController {
  constructor(
    private readonly messages: ChatMessages,
    private readonly sender: SendMessage,
    private readonly receipts: Receipts,
  ) {}

  /** A page of history. */
  @Get('messages')
  @Rules({ reads: true })
  page(
    @CurrentSession() { user }: VerifiedSession,
    @ChatId chatId: string,
    @Query(new SchemaPipe(PageQuery)) query: z.output<typeof PageQuery>,
  ): Promise<MessagePage> {
    return this.messages.page(user.id, chatId, query);
  }

  /** Stores a message: 201, or 200 for one that was stored before. */
  @Post('messages')
  @Rules({ rate: 'message' })
  send(
    @CurrentSession() { user }: VerifiedSession,
    @ChatId chatId: string,
    @Body(new SchemaPipe(SendBody)) body: z.output<typeof SendBody>,
    @Res({ passthrough: true }) response: Response,
  ): Promise<{ message: Message }> {
    return new Promise((done, failed) => {
      this.sender.send(user.id, { chatId, ...body }, (result) => {
        if (result instanceof Refusal) {
          failed(result);
          return;
        }
        response.status(result.repeat ? 200 : 201);
        done({ message: result.message });
      });
    });
  }

  /** Erases one's own message for everybody. */
  @Delete('messages/:messageId')
  async delete(
    @CurrentSession() { user }: VerifiedSession,
    @ChatId chatId: string,
    @Param('messageId', new SchemaPipe(Id)) messageId: string,
    @Body(new SchemaPipe(NoBody)) _body: z.output<typeof NoBody>,
  ): Promise<{ message: Message }> {
    return { message: await this.messages.delete(user.id, chatId, messageId) };
  }

  /** Marks what one has read. */
  @Post('read')
  @HttpCode(204)
  async read(
    @CurrentSession() { user }: VerifiedSession,
    @ChatId chatId: string,
    @Body(new SchemaPipe(ReadBody)) { seq }: z.output<typeof ReadBody>,
  ): Promise<void> {
    await this.receipts.move(user.id, chatId, 'read', seq);
  }
}
