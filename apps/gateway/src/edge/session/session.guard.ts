import { createParamDecorator, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiError } from '@app/platform';
import type { Request, Response } from 'express';
import { AddressLimits } from '../limits/address-limits.js';
import { ApiRate } from '../limits/api-rate.js';
import { requireToken } from '../limits/require-token.js';
import { stateOf } from '../request/request-state.js';
import { RULES, type RouteRules } from '../request/route-rules.js';
import { AuthClient, sessionDigest, type VerifiedSession } from '../../services/auth.client.js';
import { SessionCookie } from './session-cookie.js';

/** The second guard: requires a session on every route that is not marked `open`. */
@Injectable()
export class SessionGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly auth: AuthClient,
    private readonly cookie: SessionCookie,
    private readonly limits: AddressLimits,
    private readonly api: ApiRate,
  ) {}

  /**
   * Attaches the session to the request. A request without a session, or with one that is not cached, counts against the
   * rate of its address first, so that unknown tokens cannot flood auth.
   * @throws {ApiError} RATE_LIMITED, UNAUTHENTICATED, SERVICE_UNAVAILABLE
   */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const rules = this.reflector.get<RouteRules | undefined>(RULES, context.getHandler());
    if (rules?.open) return true;
    const request = context.switchToHttp().getRequest<Request>();
    const token = this.cookie.read(request.headers.cookie);
    const digest = token === undefined ? undefined : sessionDigest(token);
    if (digest !== undefined && this.auth.knows(digest)) {
      stateOf(request).session = await this.auth.verify(digest);
      return true;
    }
    const address = this.limits.address(request);
    requireToken(this.api.addresses, address, 'api', context.switchToHttp().getResponse<Response>());
    if (digest === undefined) throw new ApiError('UNAUTHENTICATED');
    stateOf(request).session = await this.auth.verify(digest);
    this.api.addresses.refund(address);
    return true;
  }
}

/** The last guard: refuses a request whose session ended while the body arrived. */
@Injectable()
export class SessionAfterBodyGuard implements CanActivate {
  constructor(private readonly auth: AuthClient) {}

  /** @throws {ApiError} UNAUTHENTICATED, SERVICE_UNAVAILABLE */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const state = stateOf(context.switchToHttp().getRequest<Request>());
    if (state.session) state.session = await this.auth.verify(state.session.digest);
    return true;
  }
}

/** A parameter decorator: the session of the request. */
export const CurrentSession = createParamDecorator(
  (_: unknown, context: ExecutionContext): VerifiedSession => {
    const { session } = stateOf(context.switchToHttp().getRequest<Request>());
    if (!session) throw new ApiError('UNAUTHENTICATED');
    return session;
  },
);
