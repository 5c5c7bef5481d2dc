import { Inject, Injectable } from '@nestjs/common';
import { LIMITS } from '@app/contracts/edge';
import { SETTINGS, type GatewaySettings } from '../../settings/config.js';
import { TokenBuckets } from './token-bucket.js';

/** MESSAGE_RATE_LIMIT, counted for HTTP and sockets together. */
@Injectable()
export class MessageRate extends TokenBuckets {
  constructor(@Inject(SETTINGS) settings: GatewaySettings) {
    super(settings.MESSAGE_RATE_LIMIT);
  }
}

/** Up to so many sockets get a user's messages without a limit other than MESSAGE_RATE_LIMIT. */
const SOCKETS = 32;

/** What a message costs beside its text, in UTF-16 units. */
const ENVELOPE_UNITS = 400;

/**
 * How much a user's messages may put on the wires of all who get them: as much as MESSAGE_RATE_LIMIT messages of the
 * longest text to 32 sockets. A user whose chats have more sockets sends so many fewer messages.
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
   * @param sockets how many get it
   * @returns 0 when it may be sent, else after how many seconds it may be
   */
  take(userId: string, units: number, sockets: number): number {
    return sockets <= SOCKETS ? 0 : this.units.take(userId, sockets * (units + ENVELOPE_UNITS));
  }
}
