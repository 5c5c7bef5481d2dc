import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Put, Query, Res } from '@nestjs/common';
import { Id } from '@app/contracts/bus';
import type { Message, MessagePage } from '@app/contracts/edge';
import { ApiError, SchemaPipe } from '@app/platform';
import type { Response } from 'express';
import type { z } from 'zod';
import type { VerifiedSession } from '../../services/auth.client.js';
import { NoBody } from '../schemas/auth.schemas.js';
import { CurrentSession } from '../session/session.guard.js';
import { Rules } from '../request/route-rules.js';
import { Receipts } from '../../conversation/messages/receipts.js';
import { EditBody, PageQuery, ReactionBody, ReadBody, SendBody } from '../schemas/message.schemas.js';
import { ChatMessages } from '../../conversation/messages/chat-messages.js';
import { SendMessage } from '../../conversation/messages/send.js';

const ChatId = Param('id', new SchemaPipe(Id));
const MessageId = Param('messageId', new SchemaPipe(Id));

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
        if (result instanceof ApiError) {
          failed(result);
          return;
        }
        response.status(result.repeat ? 200 : 201);
        done({ message: result.message });
      });
    });
  }

  /** One message. */
  @Get('messages/:messageId')
  async one(
    @CurrentSession() { user }: VerifiedSession,
    @ChatId chatId: string,
    @MessageId messageId: string,
  ): Promise<{ message: Message }> {
    return { message: await this.messages.one(user.id, chatId, messageId) };
  }

  /** Edits one's own message. */
  @Patch('messages/:messageId')
  @Rules({ rate: 'message' })
  async edit(
    @CurrentSession() { user }: VerifiedSession,
    @ChatId chatId: string,
    @MessageId messageId: string,
    @Body(new SchemaPipe(EditBody)) { text }: z.output<typeof EditBody>,
  ): Promise<{ message: Message }> {
    return { message: await this.messages.edit(user.id, chatId, messageId, text) };
  }

  /** Sets one's own reaction. */
  @Put('messages/:messageId/reaction')
  async react(
    @CurrentSession() { user }: VerifiedSession,
    @ChatId chatId: string,
    @MessageId messageId: string,
    @Body(new SchemaPipe(ReactionBody)) { emoji }: z.output<typeof ReactionBody>,
  ): Promise<{ message: Message }> {
    return { message: await this.messages.react(user.id, chatId, messageId, emoji) };
  }

  /** Removes one's own reaction. */
  @Delete('messages/:messageId/reaction')
  async removeReaction(
    @CurrentSession() { user }: VerifiedSession,
    @ChatId chatId: string,
    @MessageId messageId: string,
    @Body(new SchemaPipe(NoBody)) _body: z.output<typeof NoBody>,
  ): Promise<{ message: Message }> {
    return { message: await this.messages.react(user.id, chatId, messageId, null) };
  }

  /** Erases one's own message for everybody. */
  @Delete('messages/:messageId')
  async delete(
    @CurrentSession() { user }: VerifiedSession,
    @ChatId chatId: string,
    @MessageId messageId: string,
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
