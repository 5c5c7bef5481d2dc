import type { IncomingMessage } from 'node:http';
import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Refusal } from '@app/platform';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { SETTINGS, type GatewaySettings } from '../config.js';
import { clientAddress, limiterKey } from './trust-proxy.js';

/** What is counted per address. */
export type CountedTry = 'register' | 'login' | 'join' | 'reset';

/** How a try was counted: what is left of the minute, nothing without a limit; and the refusal of one too many. */
interface Counted {
  readonly state?: RateLimiterRes;
  readonly refusal?: Refusal;
}

const MINUTE_S = 60;

/**
 * The limits that keep strangers from trying: per address for register, log-in, join and handshakes; per account
 * for failed log-ins, where a browser that has logged in before has a budget of its own, so that nobody can lock
 * the owner out.
 */
@Injectable()
export class AddressLimits {
  private readonly tries: Readonly<Record<CountedTry, RateLimiterMemory>> | undefined;
  private readonly handshakes: RateLimiterMemory | undefined;
  private readonly failures: RateLimiterMemory | undefined;

  constructor(@Inject(SETTINGS) private readonly settings: GatewaySettings) {
    const limit = settings.AUTH_RATE_LIMIT;
    if (limit === 0) return;
    const limiter = (keyPrefix: string, points: number): RateLimiterMemory =>
      new RateLimiterMemory({ keyPrefix, points, duration: MINUTE_S });
    this.tries = {
      register: limiter('register', limit),
      login: limiter('login', limit),
      join: limiter('join', limit),
      reset: limiter('reset', limit),
    };
    this.handshakes = limiter('handshake', limit * 20);
    this.failures = limiter('failure', Math.max(5, Math.floor(limit / 6)));
  }

  /** Where a request comes from. */
  address(request: IncomingMessage): string {
    return limiterKey(clientAddress(request, this.settings.TRUST_PROXY));
  }

  /** Counts a try of an address. */
  take(kind: CountedTry, request: IncomingMessage): Promise<Counted> {
    return count(this.tries?.[kind], this.address(request));
  }

  /** How many tries of a kind an address has a minute; 0 is no limit. */
  get perMinute(): number {
    return this.settings.AUTH_RATE_LIMIT;
  }

  /** Gives a try back that succeeded. */
  async giveBack(kind: CountedTry, request: IncomingMessage): Promise<void> {
    await this.tries?.[kind].reward(this.address(request));
  }

  /** @throws {Refusal} RATE_LIMITED */
  async handshake(request: IncomingMessage): Promise<void> {
    await requireOne(this.handshakes, this.address(request));
  }

  /**
   * Whether log-ins to an account are still answered.
   * @param device the entry by which the browser is known for the account, if it is
   * @throws {Refusal} RATE_LIMITED
   */
  async requireBudget(username: string, device: string | undefined): Promise<void> {
    const state = await this.failures?.get(accountKey(username, device));
    if (state && this.failures && state.consumedPoints >= this.failures.points) throw limited(state);
  }

  /**
   * Counts a failed log-in.
   * @throws {Refusal} RATE_LIMITED when it was one too many, so that tries at the same time learn no more than others
   */
  async countFailure(username: string, device: string | undefined): Promise<void> {
    await requireOne(this.failures, accountKey(username, device));
  }
}

function accountKey(username: string, device: string | undefined): string {
  return createHash('sha256')
    .update(`${username.toLowerCase()}\n${device ?? ''}`)
    .digest('base64url');
}

async function count(limiter: RateLimiterMemory | undefined, key: string): Promise<Counted> {
  try {
    const state = await limiter?.consume(key);
    return state ? { state } : {};
  } catch (error) {
    if (error instanceof RateLimiterRes) return { state: error, refusal: limited(error) };
    throw error;
  }
}

/** @throws {Refusal} RATE_LIMITED when it was one too many */
async function requireOne(limiter: RateLimiterMemory | undefined, key: string): Promise<void> {
  const { refusal } = await count(limiter, key);
  if (refusal) throw refusal;
}

function limited(state: RateLimiterRes): Refusal {
  return new Refusal('RATE_LIMITED', undefined, {
    retryAfter: Math.max(1, Math.ceil(state.msBeforeNext / 1000)),
  });
}
