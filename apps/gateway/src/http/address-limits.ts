import type { IncomingMessage } from 'node:http';
import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Refusal } from '@app/platform';
import { SETTINGS, type GatewaySettings } from '../config.js';
import { clientPrefix } from './trust-proxy.js';
import { WindowCounts, type WindowState } from './window-counts.js';

/** What is counted per address. */
export type CountedTry = 'register' | 'login' | 'join' | 'reset';

/** How a try was counted: what is left of the minute, nothing without a limit; and the refusal of one too many. */
interface Counted {
  readonly state?: WindowState;
  readonly refusal?: Refusal;
}

const MINUTE_MS = 60_000;

/**
 * The limits that keep strangers from trying: per address for register, log-in, join and handshakes; per account
 * for failed log-ins, where a browser that has logged in before has a budget of its own, so that nobody can lock
 * the owner out.
 */
@Injectable()
export class AddressLimits {
  private readonly tries: Readonly<Record<CountedTry, WindowCounts>> | undefined;
  private readonly handshakes: WindowCounts | undefined;
  private readonly failures: WindowCounts | undefined;

  constructor(@Inject(SETTINGS) private readonly settings: GatewaySettings) {
    const limit = settings.AUTH_RATE_LIMIT;
    if (limit === 0) return;
    const counts = (perMinute: number): WindowCounts => new WindowCounts(perMinute, MINUTE_MS);
    this.tries = {
      register: counts(limit),
      login: counts(limit),
      join: counts(limit),
      reset: counts(limit),
    };
    this.handshakes = counts(limit * 20);
    this.failures = counts(Math.max(5, Math.floor(limit / 6)));
  }

  /** Returns the prefix of the address that a request comes from. */
  address(request: IncomingMessage): string {
    return clientPrefix(request, this.settings.TRUST_PROXY);
  }

  /** Counts a try of an address. */
  take(kind: CountedTry, request: IncomingMessage): Counted {
    return count(this.tries?.[kind], this.address(request));
  }

  /** How many tries of a kind an address has a minute; 0 is no limit. */
  get perMinute(): number {
    return this.settings.AUTH_RATE_LIMIT;
  }

  /** Gives a try back that succeeded. */
  giveBack(kind: CountedTry, request: IncomingMessage): void {
    this.tries?.[kind].takeBack(this.address(request));
  }

  /**
   * Counts a handshake, before anything is asked on its behalf.
   * @returns the refusal of one too many, and whether there were twice as many
   */
  handshake(request: IncomingMessage): { readonly refusal?: Refusal; readonly flood: boolean } {
    const { state, refusal } = count(this.handshakes, this.address(request));
    const most = this.handshakes?.limit ?? Infinity;
    return { flood: (state?.count ?? 0) > most * 2, ...(refusal && { refusal }) };
  }

  /**
   * Whether log-ins to an account are still answered.
   * @param device the entry by which the browser is known for the account, if it is
   * @throws {Refusal} RATE_LIMITED
   */
  requireBudget(username: string, device: string | undefined): void {
    const full = this.failures?.full(accountKey(username, device));
    if (full) throw limited(full);
  }

  /**
   * Counts a failed log-in.
   * @throws {Refusal} RATE_LIMITED when it was one too many, so that tries at the same time learn no more than others
   */
  countFailure(username: string, device: string | undefined): void {
    requireOne(this.failures, accountKey(username, device));
  }

  /**
   * Checks a password of somebody who is logged in: a wrong one counts as a failed log-in of the account, whatever the
   * browser. It counts before it is checked and not only afterwards, so that tries at the same time are no more than
   * tries one after the other.
   * @param check throws INVALID_CREDENTIALS for a wrong one
   * @throws {Refusal} RATE_LIMITED, and what `check` throws
   */
  async checkingPassword<T>(username: string, check: () => Promise<T>): Promise<T> {
    const key = accountKey(username, undefined);
    const full = this.failures?.full(key);
    if (full) throw limited(full);
    this.failures?.add(key);
    try {
      const result = await check();
      this.failures?.takeBack(key);
      return result;
    } catch (error) {
      const isWrong = error instanceof Refusal && error.code === 'INVALID_CREDENTIALS';
      if (!isWrong) this.failures?.takeBack(key);
      throw error;
    }
  }
}

function accountKey(username: string, device: string | undefined): string {
  return createHash('sha256')
    .update(`${username.toLowerCase()}\n${device ?? ''}`)
    .digest('base64url');
}

function count(counts: WindowCounts | undefined, key: string): Counted {
  const state = counts?.add(key);
  if (!state) return {};
  return state.isOver ? { state, refusal: limited(state) } : { state };
}

/** @throws {Refusal} RATE_LIMITED when it was one too many */
function requireOne(counts: WindowCounts | undefined, key: string): void {
  const { refusal } = count(counts, key);
  if (refusal) throw refusal;
}

function limited({ seconds }: WindowState): Refusal {
  return new Refusal('RATE_LIMITED', undefined, { retryAfter: seconds });
}
