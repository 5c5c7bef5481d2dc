import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Refusal } from '@app/platform';
import type { Request, Response } from 'express';
import { AddressLimits } from './address-limits.js';
import { MessageRate } from './message-rate.js';
import { stateOf } from './request-state.js';
import { RULES, type RouteRules } from './route-rules.js';

/** Third in line: counts what is limited, and says how much is left. */
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
      const state = await this.limits.take(rate, request);
      const response = context.switchToHttp().getResponse<Response>();
      if (state)
        response.set(
          'RateLimit',
          `"${rate}";r=${state.remainingPoints};t=${Math.ceil(state.msBeforeNext / 1000)}`,
        );
    }
    return true;
  }
}
