import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Req } from '@nestjs/common';
import { Id } from '@app/contracts/bus';
import type { Chat, ErasureReceipt, StoredChat } from '@app/contracts/edge';
import { SchemaPipe } from '@app/platform';
import type { Request } from 'express';
import type { z } from 'zod';
import type { VerifiedSession } from '../../services/auth.client.js';
import { NoBody } from '../schemas/auth.schemas.js';
import { CurrentSession } from '../session/session.guard.js';
import { AddressLimits } from '../limits/address-limits.js';
import { Rules } from '../request/route-rules.js';
import { MemberAccess } from '../../conversation/chats/member-access.js';
import { Membership } from '../../conversation/chats/membership.js';
import { ChatMessages } from '../../conversation/messages/chat-messages.js';
import { ChatErasure } from '../../conversation/chats/chat-erasure.js';
import { ChatViews } from '../../conversation/chats/chat-views.js';
import { ChatChangeBody, CreateBody, JoinBody } from '../schemas/chat.schemas.js';
import { ChatsClient } from '../../services/chats.client.js';

const ChatId = Param('id', new SchemaPipe(Id));
const Nothing = Body(new SchemaPipe(NoBody));

/** Chats over HTTP. */
@Controller('api/v1/chats')
export class ChatsHttpController {
  constructor(
    private readonly chats: ChatsClient,
    private readonly views: ChatViews,
    private readonly access: MemberAccess,
    private readonly membership: Membership,
    private readonly messages: ChatMessages,
    private readonly erasure: ChatErasure,
    private readonly limits: AddressLimits,
  ) {}

  /** Makes a chat with its key. */
  @Post()
  @Rules({ costly: 'chat' })
  async create(
    @CurrentSession() { user }: VerifiedSession,
    @Body(new SchemaPipe(CreateBody)) body: z.output<typeof CreateBody>,
  ): Promise<{ chat: Chat; key: string }> {
    const { chat, key } = await this.membership.create(user.id, body?.name ?? null);
    return { chat: await this.views.view(user.id, chat), key };
  }

  /** Joins the chat of a key; again by a member: the same. */
  @Post('join')
  @HttpCode(200)
  @Rules({ rate: 'join' })
  async join(
    @CurrentSession() { user }: VerifiedSession,
    @Body(new SchemaPipe(JoinBody)) { key }: z.output<typeof JoinBody>,
    @Req() request: Request,
  ): Promise<{ chat: Chat }> {
    const chat = await this.membership.join(user.id, key);
    this.limits.refund('join', request);
    return { chat: await this.views.view(user.id, chat) };
  }

  /** One's own chats, latest activity first. */
  @Get()
  @Rules({ reads: true })
  async list(@CurrentSession() { user }: VerifiedSession): Promise<{ chats: Chat[] }> {
    return { chats: await this.views.viewAll(user.id, await this.chats.list(user.id)) };
  }

  /** One chat. */
  @Get(':id')
  async get(@CurrentSession() { user }: VerifiedSession, @ChatId chatId: string): Promise<{ chat: Chat }> {
    await this.access.require(user.id, chatId);
    return { chat: await this.views.view(user.id, await this.chats.get(user.id, chatId)) };
  }

  /** Changes a chat's name or timer. */
  @Patch(':id')
  async change(
    @CurrentSession() { user }: VerifiedSession,
    @ChatId chatId: string,
    @Body(new SchemaPipe(ChatChangeBody)) { name, messageTtl }: z.output<typeof ChatChangeBody>,
  ): Promise<{ chat: Chat }> {
    await this.access.require(user.id, chatId);
    let chat = name === undefined ? undefined : await this.chats.rename(user.id, chatId, name);
    if (messageTtl !== undefined) chat = await this.chats.setTimer(user.id, chatId, messageTtl);
    return { chat: await this.views.view(user.id, chat ?? (await this.chats.get(user.id, chatId))) };
  }

  /** Reveals a chat's key. */
  @Get(':id/key')
  async key(@CurrentSession() session: VerifiedSession, @ChatId chatId: string): Promise<{ key: string }> {
    await this.access.require(session.user.id, chatId);
    return { key: await this.chats.revealKey(session.user.id, chatId, session.sessionId) };
  }

  /** Erases a chat and says what was verified. */
  @Delete(':id')
  async delete(
    @CurrentSession() session: VerifiedSession,
    @ChatId chatId: string,
    @Nothing _body: z.output<typeof NoBody>,
  ): Promise<{ receipt: ErasureReceipt }> {
    return { receipt: await this.erasure.delete(session.user.id, chatId, session.sessionId) };
  }

  /** Shows the stored bytes of a chat's last messages. */
  @Get(':id/stored')
  @Rules({ reads: true })
  stored(@CurrentSession() { user }: VerifiedSession, @ChatId chatId: string): Promise<StoredChat> {
    return this.messages.stored(user.id, chatId);
  }

  /** Leaves a chat; the last to leave erases it. */
  @Delete(':id/members/me')
  @HttpCode(204)
  async leave(
    @CurrentSession() session: VerifiedSession,
    @ChatId chatId: string,
    @Nothing _body: z.output<typeof NoBody>,
  ): Promise<void> {
    await this.access.require(session.user.id, chatId);
    await this.erasure.leave(session.user.id, chatId, session.sessionId);
  }
}
