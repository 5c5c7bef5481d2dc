import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiError, unavailable } from '@app/platform';
import type { Request, Response } from 'express';
import { stateOf } from '../../request/request-state.js';
import { RULES, type RouteRules } from '../../request/route-rules.js';

/** How many large answers of a user are served at the same time, until the client has read them. */
const CONCURRENCY = 8;

/** How many further calls of a user wait. */
const MAX_WAITING = 250;

/** The rate at which a user may read large answers, in bytes a millisecond: reading and writing them delays others. */
const BYTES_PER_MS = 4_096;

/** How far ahead of that rate a user may be, in milliseconds. */
const MAX_AHEAD_MS = 40;

/** The part of each answer that does not count, in bytes: an ordinary answer is free. */
const FREE_BYTES = 65_536;

/** The large answers of a user. */
interface Reads {
  /** How many are served, until the client has read them. */
  served: number;
  /** Whether one is being prepared. One at a time, so that other users' calls run in between. */
  isPreparing: boolean;
  readonly waiting: Set<() => void>;
  /** When all bytes so far would have been read at `BYTES_PER_MS`, by performance.now(). */
  paidAt: number;
  timer: NodeJS.Timeout | undefined;
}

/** Limits how many large answers a user receives at the same time, and their bytes over time. */
@Injectable()
export class ReadGuard implements CanActivate {
  private readonly users = new Map<string, Reads>();

  constructor(private readonly reflector: Reflector) {}

  /** @throws {ApiError} RATE_LIMITED when too many calls wait, SERVICE_UNAVAILABLE when the client has disconnected */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (!this.reflector.get<RouteRules | undefined>(RULES, context.getHandler())?.reads) return true;
    const userId = stateOf(context.switchToHttp().getRequest<Request>()).session?.user.id ?? '';
    await this.enter(userId, context.switchToHttp().getResponse<Response>());
    return true;
  }

  private async enter(userId: string, response: Response): Promise<void> {
    // A response that is closed already emits no further `close`.
    if (response.destroyed) throw unavailable();
    let reads = this.users.get(userId);
    if (!reads)
      this.users.set(
        userId,
        (reads = { served: 0, isPreparing: false, waiting: new Set(), paidAt: 0, timer: undefined }),
      );
    const start = wait(reads, response);
    this.startNext(userId, reads);
    await start;
    let isPrepared = false;
    const prepared = (): void => {
      if (isPrepared) return;
      isPrepared = true;
      reads.isPreparing = false;
      const bytes = Number(response.getHeader('content-length') ?? 0);
      const cost = Math.max(0, bytes - FREE_BYTES) / BYTES_PER_MS;
      reads.paidAt = Math.max(reads.paidAt, performance.now()) + cost;
      this.startNext(userId, reads);
    };
    const leave = (): void => {
      reads.served--;
      prepared();
      this.startNext(userId, reads);
    };
    // It may have closed between the end of the wait and this line.
    if (response.destroyed) {
      leave();
      throw unavailable();
    }
    // Node emits `prefinish` when the whole answer has been passed to the connection.
    response.once('prefinish', prepared).once('close', leave);
  }

  /** Starts the call that waits the longest: at once, or when the user's rate allows it. */
  private startNext(userId: string, reads: Reads): void {
    if (reads.timer !== undefined) return;
    const delayMs = waitMs(reads);
    if (delayMs > 0) {
      reads.timer = setTimeout(() => {
        reads.timer = undefined;
        this.startNext(userId, reads);
      }, delayMs);
      return;
    }
    const [next] = reads.waiting;
    if (next && !reads.isPreparing && reads.served < CONCURRENCY) {
      reads.served++;
      reads.isPreparing = true;
      next();
    }
    if (reads.served === 0) this.users.delete(userId);
  }
}

/** Returns how long a user's next answer has to wait, in milliseconds; at most 0 where it need not. */
function waitMs({ paidAt }: Reads): number {
  return paidAt - performance.now() - MAX_AHEAD_MS;
}

/**
 * Waits until `startNext` starts this call.
 * @throws {ApiError} RATE_LIMITED when too many calls wait, SERVICE_UNAVAILABLE when the client disconnects
 */
async function wait({ waiting }: Reads, response: Response): Promise<void> {
  if (waiting.size >= MAX_WAITING) throw new ApiError('RATE_LIMITED', undefined, { retryAfter: 1 });
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
