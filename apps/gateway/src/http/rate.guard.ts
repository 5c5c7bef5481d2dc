import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request, Response } from 'express';
import { AddressLimits } from './address-limits.js';
import { ApiRate } from './api-rate.js';
import { MessageRate } from './message-rate.js';
import { requireToken, setRateHeaders } from './require-token.js';
import { stateOf } from './request-state.js';
import { RULES, type RouteRules } from './route-rules.js';

/**
 * The third guard: counts the request. The answer, also an error, says how much is left where that is little, so that a
 * client knows when to try again.
 */
@Injectable()
export class RateGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly limits: AddressLimits,
    private readonly messages: MessageRate,
    private readonly api: ApiRate,
  ) {}

  /** @throws {Refusal} RATE_LIMITED */
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
