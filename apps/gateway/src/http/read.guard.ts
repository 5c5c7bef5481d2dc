import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Refusal, unavailable } from '@app/platform';
import type { Request, Response } from 'express';
import { stateOf } from './request-state.js';
import { RULES, type RouteRules } from './route-rules.js';

/** How many large reads of a user are served at the same time, until the client has read them, and how many wait. */
const AT_ONCE = 8;
const MAX_WAITING = 250;

/**
 * The rate of a user's large answers in bytes per millisecond, and the burst in milliseconds: faster reads would make
 * others wait while messages are opened and written. The first FREE_BYTES of an answer are free.
 */
const BYTES_PER_MS = 4_096;
const AHEAD_MS = 40;
const FREE_BYTES = 65_536;

interface Reads {
  /** How many are served: until the client has read them. */
  served: number;
  /** Whether an answer is being made: one at a time, so that others' calls are served between. */
  making: boolean;
  readonly waiting: Set<() => void>;
  /** When all that was read so far would have been read at the rate above, by performance.now(). */
  paidAt: number;
  timer: NodeJS.Timeout | undefined;
}

/** Limits the large reads of a user, at the same time and per second, so that others' calls are served between. */
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
    // A closed response would never emit `close`.
    if (response.destroyed) throw unavailable();
    let reads = this.users.get(userId);
    if (!reads)
      this.users.set(
        userId,
        (reads = { served: 0, making: false, waiting: new Set(), paidAt: 0, timer: undefined }),
      );
    const turn = wait(reads, response);
    this.goOn(userId, reads);
    await turn;
    let isMade = false;
    const made = (): void => {
      if (isMade) return;
      isMade = true;
      reads.making = false;
      const bytes = Number(response.getHeader('content-length') ?? 0);
      const cost = Math.max(0, bytes - FREE_BYTES) / BYTES_PER_MS;
      reads.paidAt = Math.max(reads.paidAt, performance.now()) + cost;
      this.goOn(userId, reads);
    };
    const leave = (): void => {
      reads.served--;
      made();
      this.goOn(userId, reads);
    };
    // It may have closed while it waited.
    if (response.destroyed) {
      leave();
      throw unavailable();
    }
    // Node emits `prefinish` when the whole answer was passed to the connection.
    response.once('prefinish', made).once('close', leave);
  }

  /** Serves the read that has waited longest, now or when the rate allows it. */
  private goOn(userId: string, reads: Reads): void {
    if (reads.timer !== undefined) return;
    const restMs = aheadMs(reads);
    if (restMs > 0) {
      reads.timer = setTimeout(() => {
        reads.timer = undefined;
        this.goOn(userId, reads);
      }, restMs);
      return;
    }
    const [next] = reads.waiting;
    if (next && !reads.making && reads.served < AT_ONCE) {
      reads.served++;
      reads.making = true;
      next();
    }
    if (reads.served === 0) this.users.delete(userId);
  }
}

/** Returns how long a user waits until the next read, in milliseconds. */
function aheadMs({ paidAt }: Reads): number {
  return paidAt - performance.now() - AHEAD_MS;
}

/** @throws {Refusal} RATE_LIMITED when too many wait, SERVICE_UNAVAILABLE when the connection closes meanwhile */
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
