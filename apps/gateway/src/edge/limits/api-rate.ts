import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS, type GatewaySettings } from '../../settings/config.js';
import { TokenBuckets } from './token-bucket.js';

/** The burst, in seconds of the rate. */
const BURST_SECONDS = 5;

/** The rate of new chats and of exports is that of all calls divided by this. */
const COSTLY_DIVISOR = 30;

/** The calls that have a rate of their own beside that of all calls. */
export type CostlyCall = 'chat' | 'export';

/**
 * API_RATE_LIMIT: one token bucket per user for HTTP calls, socket handshakes and socket events together, one per
 * address for calls without a session, and smaller ones for calls that cost the server more.
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
      new TokenBuckets(perSecond, Math.max(1, perSecond * BURST_SECONDS));
    this.users = buckets(rate);
    this.addresses = buckets(rate);
    this.costly = { chat: buckets(rate / COSTLY_DIVISOR), export: buckets(rate / COSTLY_DIVISOR) };
  }
}
