import { Inject, Injectable } from '@nestjs/common';
import { LIMITS } from '@app/contracts/edge';
import { SETTINGS, type GatewaySettings } from '../../settings/config.js';
import { TokenBuckets } from './token-bucket.js';

/** MESSAGE_RATE_LIMIT, for messages by HTTP and by sockets together. */
@Injectable()
export class MessageRate extends TokenBuckets {
  constructor(@Inject(SETTINGS) settings: GatewaySettings) {
    super(settings.MESSAGE_RATE_LIMIT);
  }
}

/** Up to this number of recipient sockets, MESSAGE_RATE_LIMIT is the only limit of a user's messages. */
const SOCKETS = 32;

/** The size of a message beside its text, in UTF-16 units. */
const ENVELOPE_UNITS = 400;

/**
 * Limits what a user's messages send to all recipients' sockets: as much as MESSAGE_RATE_LIMIT messages of the longest
 * text to 32 sockets. A user whose chats have more sockets sends fewer messages.
 */
@Injectable()
export class FanOutRate {
  private readonly units: TokenBuckets;

  constructor(@Inject(SETTINGS) settings: GatewaySettings) {
    const rate = settings.MESSAGE_RATE_LIMIT * SOCKETS * (LIMITS.textMax + ENVELOPE_UNITS);
    const most = 2 * LIMITS.chatCapacity * LIMITS.socketsPerUser * (LIMITS.textMax + ENVELOPE_UNITS);
    this.units = new TokenBuckets(rate, Math.max(rate * 3, most));
  }

  /**
   * Counts a message.
   * @param units the length of its text
   * @param sockets how many receive it
   * @returns 0 when it may be sent, else the seconds to wait
   */
  take(userId: string, units: number, sockets: number): number {
    return sockets <= SOCKETS ? 0 : this.units.take(userId, sockets * (units + ENVELOPE_UNITS));
  }
}
