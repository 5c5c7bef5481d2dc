import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  Post,
  Put,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import { Id } from '@app/contracts/bus';
import { LIMITS, type Activity, type Session, type User } from '@app/contracts/edge';
import { ApiError, SchemaPipe } from '@app/platform';
import type { Request, Response } from 'express';
import type { z } from 'zod';
import { ChatsClient } from '../../services/chats.client.js';
import { SETTINGS, type GatewaySettings } from '../../settings/config.js';
import { AddressLimits } from '../limits/address-limits.js';
import { Rules } from '../request/route-rules.js';
import { UserSockets } from '../sockets/user-sockets.js';
import { AuthClient, sessionDigest, type VerifiedSession } from '../../services/auth.client.js';
import { AccountBody, NoBody, PasswordBody, RegisterBody, ResetBody } from '../schemas/auth.schemas.js';
import { DataExport } from './data-export.js';
import { DeviceCookie } from '../session/device-cookie.js';
import { LocalGuard, LoginBodyGuard, userAgentOf, type SignedIn } from '../session/local.strategy.js';
import { mergedActivity } from './merged-activity.js';
import { SessionCookie } from '../session/session-cookie.js';
import { CurrentSession } from '../session/session.guard.js';

/** Accounts and sessions over HTTP. */
@Controller('api/v1/auth')
export class AuthHttpController {
  constructor(
    private readonly auth: AuthClient,
    private readonly chats: ChatsClient,
    private readonly cookie: SessionCookie,
    private readonly devices: DeviceCookie,
    private readonly limits: AddressLimits,
    private readonly sockets: UserSockets,
    private readonly dataExport: DataExport,
    @Inject(SETTINGS) private readonly settings: GatewaySettings,
  ) {}

  /** Makes an account. */
  @Post('register')
  @Rules({ open: true, rate: 'register' })
  async register(
    @Body(new SchemaPipe(RegisterBody)) body: z.output<typeof RegisterBody>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<{ user: User }> {
    if (this.settings.REGISTRATION === 'closed') throw new ApiError('REGISTRATION_CLOSED');
    return this.signIn(
      request,
      response,
      await this.auth.register(body.username, body.password, userAgentOf(request)),
    );
  }

  /** Logs in; passport has asked auth when this runs. */
  @Post('login')
  @HttpCode(200)
  @Rules({ open: true, rate: 'login' })
  @UseGuards(LoginBodyGuard, LocalGuard)
  login(@Req() request: Request, @Res({ passthrough: true }) response: Response): { user: User } {
    return this.signIn(request, response, request.user as unknown as SignedIn);
  }

  private signIn(request: Request, response: Response, { user, session }: SignedIn): { user: User } {
    this.cookie.set(request, response, session.token);
    this.devices.remember(request, response, user.username);
    return { user };
  }

  /** Ends the session. */
  @Post('logout')
  @HttpCode(204)
  async logout(
    @CurrentSession() session: VerifiedSession,
    @Body(new SchemaPipe(NoBody)) _body: z.output<typeof NoBody>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<void> {
    await this.auth.logout(session.digest);
    this.end(session.sessionId, 'logged-out');
    this.cookie.clear(request, response);
  }

  /** Says who is logged in. */
  @Get('me')
  me(@CurrentSession() session: VerifiedSession): { user: User } {
    return { user: session.user };
  }

  /** Changes the password; every other session ends, this one goes on under a new token. */
  @Put('password')
  @HttpCode(204)
  async changePassword(
    @CurrentSession() session: VerifiedSession,
    @Body(new SchemaPipe(PasswordBody)) body: z.output<typeof PasswordBody>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<void> {
    const changed = await this.limits.checkingPassword(session.user.username, () =>
      this.auth.changePassword(session, body.currentPassword, body.newPassword),
    );
    for (const sessionId of changed.endedSessionIds) this.end(sessionId, 'password-changed');
    this.sockets.renewSession(session.sessionId, sessionDigest(changed.session.token));
    this.cookie.set(request, response, changed.session.token);
  }

  /**
   * Sets a new password by a one-time link of the operator's; every session ends. The browser is known for the account
   * from then on, as if it had logged in: whoever tries passwords meanwhile does not keep the owner out.
   */
  @Post('reset')
  @HttpCode(200)
  @Rules({ open: true, rate: 'reset' })
  async resetPassword(
    @Body(new SchemaPipe(ResetBody)) body: z.output<typeof ResetBody>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<{ user: User }> {
    // Like a session, a link is named by the digest of its token everywhere but here.
    const { user, endedSessionIds } = await this.auth.resetPassword(
      sessionDigest(body.token),
      body.newPassword,
    );
    for (const sessionId of endedSessionIds) this.end(sessionId, 'password-changed');
    this.devices.remember(request, response, user.username);
    return { user };
  }

  /** Lists one's own sessions. */
  @Get('sessions')
  async sessions(@CurrentSession() session: VerifiedSession): Promise<{ sessions: Session[] }> {
    const sessions = await this.auth.listSessions(session.user.id);
    return { sessions: sessions.map((each) => ({ ...each, current: each.id === session.sessionId })) };
  }

  /** Ends one of one's own sessions. */
  @Delete('sessions/:id')
  @HttpCode(204)
  async revoke(
    @CurrentSession() session: VerifiedSession,
    @Param('id', new SchemaPipe(Id)) sessionId: string,
    @Body(new SchemaPipe(NoBody)) _body: z.output<typeof NoBody>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<void> {
    await this.auth.revoke(session.user.id, sessionId, session.sessionId);
    this.end(sessionId, 'revoked');
    if (sessionId === session.sessionId) this.cookie.clear(request, response);
  }

  /** One's own activity, newest first. */
  @Get('activity')
  async activity(@CurrentSession() session: VerifiedSession): Promise<{ events: Activity[] }> {
    const { id } = session.user;
    const lists = await Promise.all([this.auth.activity(id), this.chats.activity(id)]);
    return { events: mergedActivity(lists, LIMITS.activityEvents) };
  }

  /** Everything one may read, streamed. */
  @Get('export')
  @Rules({ costly: 'export' })
  export(@CurrentSession() session: VerifiedSession, @Res() response: Response): Promise<void> {
    return this.dataExport.stream(session, response);
  }

  /** Deletes the account; chat and the message store erase what is theirs within 10 s. */
  @Delete('account')
  @HttpCode(204)
  async deleteAccount(
    @CurrentSession() session: VerifiedSession,
    @Body(new SchemaPipe(AccountBody)) body: z.output<typeof AccountBody>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<void> {
    const ended = await this.limits.checkingPassword(session.user.username, () =>
      this.auth.deleteAccount(session.user.id, body.password),
    );
    for (const sessionId of ended) this.end(sessionId, 'account-deleted');
    this.auth.evictUser(session.user.id);
    this.cookie.clear(request, response);
  }

  /** A session that has ended is gone here, with its sockets, before the call that ended it is answered. */
  private end(
    sessionId: string,
    reason: 'logged-out' | 'revoked' | 'password-changed' | 'account-deleted',
  ): void {
    this.auth.evictSession(sessionId);
    this.sockets.endSession(sessionId, reason);
  }
}
