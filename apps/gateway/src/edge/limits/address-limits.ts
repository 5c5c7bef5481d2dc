import type { IncomingMessage } from 'node:http';
import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { ApiError } from '@app/platform';
import { SETTINGS, type GatewaySettings } from '../../settings/config.js';
import { clientPrefix } from '../../settings/trust-proxy.js';
import { WindowCounts, type WindowState } from './window-counts.js';

/** The attempts that are counted per address. */
export type CountedTry = 'register' | 'login' | 'join' | 'reset';

/** How an attempt was counted: the state of its window, if there is a limit, and the error if it was one too many. */
interface Counted {
  readonly state?: WindowState;
  readonly refusal?: ApiError;
}

const MINUTE_MS = 60_000;

/**
 * The limits against guessing and floods: per address for register, log-in, join and handshakes; per account for failed
 * log-ins. A browser that has logged in to the account before has a limit of its own, so that nobody can lock the owner
 * out.
 */
@Injectable()
export class AddressLimits {
  private readonly tries: Readonly<Record<CountedTry, WindowCounts>> | undefined;
  private readonly handshakes: WindowCounts | undefined;
  private readonly failures: WindowCounts | undefined;
  /** Each request asks several times, and parsing an IPv6 address takes microseconds. */
  private readonly prefixes = new WeakMap<IncomingMessage, string>();

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
    let prefix = this.prefixes.get(request);
    if (prefix === undefined)
      this.prefixes.set(request, (prefix = clientPrefix(request, this.settings.TRUST_PROXY)));
    return prefix;
  }

  /** Counts an attempt of an address. */
  take(kind: CountedTry, request: IncomingMessage): Counted {
    return count(this.tries?.[kind], this.address(request));
  }

  /** How many attempts of a kind an address has per minute; 0 is no limit. */
  get perMinute(): number {
    return this.settings.AUTH_RATE_LIMIT;
  }

  /** Takes back the count of an attempt that succeeded. */
  refund(kind: CountedTry, request: IncomingMessage): void {
    this.tries?.[kind].takeBack(this.address(request));
  }

  /**
   * Counts a handshake, before anything else is done for it.
   * @returns the error if it was one too many, and whether there were twice as many as the limit
   */
  handshake(request: IncomingMessage): { readonly refusal?: ApiError; readonly flood: boolean } {
    const { state, refusal } = count(this.handshakes, this.address(request));
    const most = this.handshakes?.limit ?? Infinity;
    return { flood: (state?.count ?? 0) > most * 2, ...(refusal && { refusal }) };
  }

  /**
   * Checks that an account has failed log-ins left.
   * @param device identifies the browser if it has logged in to the account before
   * @throws {ApiError} RATE_LIMITED
   */
  requireBudget(username: string, device: string | undefined): void {
    const full = this.failures?.full(accountKey(username, device));
    if (full) throw limited(full);
  }

  /**
   * Counts a failed log-in.
   * @throws {ApiError} RATE_LIMITED when it was one too many, so that concurrent attempts learn no more than others
   */
  countFailure(username: string, device: string | undefined): void {
    requireOne(this.failures, accountKey(username, device));
  }

  /**
   * Checks a password of a user who is logged in: a wrong one counts as a failed log-in of the account, whatever the
   * browser. It is counted before the check, so that concurrent attempts are no more than sequential ones.
   * @param check throws INVALID_CREDENTIALS for a wrong one
   * @throws {ApiError} RATE_LIMITED, and what `check` throws
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
      const isWrong = error instanceof ApiError && error.code === 'INVALID_CREDENTIALS';
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

/** @throws {ApiError} RATE_LIMITED when it was one too many */
function requireOne(counts: WindowCounts | undefined, key: string): void {
  const { refusal } = count(counts, key);
  if (refusal) throw refusal;
}

function limited({ seconds }: WindowState): ApiError {
  return new ApiError('RATE_LIMITED', undefined, { retryAfter: seconds });
}
