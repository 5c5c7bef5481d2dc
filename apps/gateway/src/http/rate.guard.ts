import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Refusal } from '@app/platform';
import type { Request, Response } from 'express';
import { AddressLimits } from './address-limits.js';
import { MessageRate } from './message-rate.js';
import { stateOf } from './request-state.js';
import { RULES, type RouteRules } from './route-rules.js';

/**
 * Third in line: counts what is limited, and says how much is left, by the header fields of the IETF's draft
 * "RateLimit header fields for HTTP": also with what is refused, so that a client knows when to come back.
 */
@Injectable()
export class RateGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly limits: AddressLimits,
    private readonly messages: MessageRate,
  ) {}

  /** @throws {Refusal} RATE_LIMITED */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const rate = this.reflector.get<RouteRules | undefined>(RULES, context.getHandler())?.rate;
    const request = context.switchToHttp().getRequest<Request>();
    if (rate === 'message') {
      const retryAfter = this.messages.take(stateOf(request).session?.user.id ?? '');
      if (retryAfter > 0) throw new Refusal('RATE_LIMITED', undefined, { retryAfter });
    } else if (rate !== undefined) {
      const { state, refusal } = await this.limits.take(rate, request);
      if (state) {
        const response = context.switchToHttp().getResponse<Response>();
        const seconds = Math.ceil(state.msBeforeNext / 1000);
        response.set('RateLimit-Policy', `"${rate}";q=${this.limits.perMinute};w=60`);
        response.set('RateLimit', `"${rate}";r=${state.remainingPoints};t=${seconds}`);
      }
      if (refusal) throw refusal;
    }
    return true;
  }
}
