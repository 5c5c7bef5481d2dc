import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS, type GatewaySettings } from '../../settings/config.js';
import { TokenBuckets } from './token-bucket.js';

/** How many seconds' worth of calls may come at once. */
const SECONDS_AT_ONCE = 5;

/** New chats and exports cost so many times as much as other calls. */
const COSTLY = 30;

/** What has a rate of its own beside that of all calls. */
export type CostlyCall = 'chat' | 'export';

/**
 * API_RATE_LIMIT: one token bucket per user for HTTP calls, socket handshakes and socket events together, one per
 * address for calls without a session, and smaller ones for what costs the server more.
 */
@Injectable()
export class ApiRate {
  /** Calls of a user, by the user's id. */
  readonly users: TokenBuckets;
  /** Calls without a session, by the address as `AddressLimits.address` gives it. */
  readonly addresses: TokenBuckets;
  /** New chats and exports of a user, by the user's id. */
  readonly costly: Readonly<Record<CostlyCall, TokenBuckets>>;

  constructor(@Inject(SETTINGS) settings: GatewaySettings) {
    const rate = settings.API_RATE_LIMIT;
    const buckets = (perSecond: number): TokenBuckets =>
      new TokenBuckets(perSecond, Math.max(1, perSecond * SECONDS_AT_ONCE));
    this.users = buckets(rate);
    this.addresses = buckets(rate);
    this.costly = { chat: buckets(rate / COSTLY), export: buckets(rate / COSTLY) };
  }
}
