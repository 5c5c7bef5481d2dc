import { LIMITS } from '@app/contracts/edge';
import { describe, expect, it } from 'vitest';
import type { GatewaySettings } from '../../settings/config.js';
import { FanOutRate } from './message-rate.js';

const rateOf = (MESSAGE_RATE_LIMIT: number): FanOutRate =>
  new FanOutRate({ MESSAGE_RATE_LIMIT } as unknown as GatewaySettings);

/** How many of the longest messages a user may send at once to so many sockets, up to 1,000. */
function atOnce(rate: FanOutRate, sockets: number): number {
  let sent = 0;
  while (sent < 1_000 && rate.take('ann', LIMITS.textMax, sockets) === 0) sent++;
  return sent;
}

describe('FanOutRate', () => {
  it('limits no message to as many sockets as two people have', () => {
    expect(atOnce(rateOf(20), 32)).toBe(1_000);
  });

  it('limits the longest messages to hundreds of sockets, and always lets one through', () => {
    const most = LIMITS.chatCapacity * LIMITS.socketsPerUser;

    expect(atOnce(rateOf(20), 240)).toBeLessThan(20);
    expect(atOnce(rateOf(1), most)).toBeGreaterThan(0);
  });

  it('limits nothing where messages have no limit', () => {
    expect(atOnce(rateOf(0), 500)).toBe(1_000);
  });
});
