import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request, Response } from 'express';
import { AddressLimits } from '../../limits/address-limits.js';
import { ApiRate } from '../../limits/api-rate.js';
import { MessageRate } from '../../limits/message-rate.js';
import { requireToken, setRateHeaders } from '../../limits/require-token.js';
import { stateOf } from '../../request/request-state.js';
import { RULES, type RouteRules } from '../../request/route-rules.js';

/**
 * The third guard: counts the request against its rate limits. Sets the RateLimit headers where little is left, also on a
 * refusal, so that a client knows when to retry.
 */
@Injectable()
export class RateGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly limits: AddressLimits,
    private readonly messages: MessageRate,
    private readonly api: ApiRate,
  ) {}

  /** @throws {ApiError} RATE_LIMITED */
  canActivate(context: ExecutionContext): boolean {
    const rules = this.reflector.get<RouteRules | undefined>(RULES, context.getHandler());
    const request = context.switchToHttp().getRequest<Request>();
    const response = context.switchToHttp().getResponse<Response>();
    const userId = stateOf(request).session?.user.id ?? '';
    const rate = rules?.rate;
    if (rate === 'message') requireToken(this.messages, userId, rate, response);
    else if (rate !== undefined) {
      const { state, refusal } = this.limits.take(rate, request);
      if (state)
        setRateHeaders(response, rate, {
          quota: this.limits.perMinute,
          windowS: 60,
          left: state.left,
          seconds: state.seconds,
        });
      if (refusal) throw refusal;
    } else if (!rules?.open) {
      requireToken(this.api.users, userId, 'api', response);
      if (rules?.costly) requireToken(this.api.costly[rules.costly], userId, rules.costly, response);
    }
    return true;
  }
}
