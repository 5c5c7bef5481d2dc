import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Refusal, unavailable } from '@app/platform';
import type { Request, Response } from 'express';
import { stateOf } from './request-state.js';
import { RULES, type RouteRules } from './route-rules.js';

/** How many calls of a user that read much are served at the same time, until they are read, and how many wait. */
const AT_ONCE = 8;
const MAX_WAITING = 250;

interface Reads {
  served: number;
  readonly waiting: Set<() => void>;
}

/** Lets a user read so much at the same time and no more: others' calls come between. */
@Injectable()
export class ReadGuard implements CanActivate {
  private readonly users = new Map<string, Reads>();

  constructor(private readonly reflector: Reflector) {}

  /** @throws {Refusal} RATE_LIMITED when too many wait */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (!this.reflector.get<RouteRules | undefined>(RULES, context.getHandler())?.reads) return true;
    const userId = stateOf(context.switchToHttp().getRequest<Request>()).session?.user.id ?? '';
    await this.enter(userId, context.switchToHttp().getResponse<Response>());
    return true;
  }

  private async enter(userId: string, response: Response): Promise<void> {
    // Whoever has gone would never leave.
    if (response.destroyed) throw unavailable();
    let reads = this.users.get(userId);
    if (!reads) this.users.set(userId, (reads = { served: 0, waiting: new Set() }));
    if (reads.served < AT_ONCE) reads.served++;
    else await wait(reads, response);
    response.once('close', () => this.leave(userId, reads));
  }

  private leave(userId: string, reads: Reads): void {
    const [next] = reads.waiting;
    // The place goes straight to whoever waits the longest.
    if (next) next();
    else if (--reads.served === 0) this.users.delete(userId);
  }
}

/** @throws {Refusal} RATE_LIMITED, SERVICE_UNAVAILABLE to whoever leaves meanwhile */
async function wait({ waiting }: Reads, response: Response): Promise<void> {
  if (waiting.size >= MAX_WAITING) throw new Refusal('RATE_LIMITED', undefined, { retryAfter: 1 });
  await new Promise<void>((done, failed) => {
    const go = (): void => {
      waiting.delete(go);
      response.off('close', gone);
      done();
    };
    const gone = (): void => {
      waiting.delete(go);
      failed(unavailable());
    };
    waiting.add(go);
    response.once('close', gone);
  });
}
