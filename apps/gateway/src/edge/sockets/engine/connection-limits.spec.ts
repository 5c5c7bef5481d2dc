import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { ApiError } from '@app/platform';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { GatewaySettings } from '../../../settings/config.js';
import { AddressLimits } from '../../limits/address-limits.js';
import { ConnectionLimits } from './connection-limits.js';

const ANYWHERE = '/socket.io/?EIO=4&transport=polling';

function aRequest(address: string, url = ANYWHERE): IncomingMessage {
  return { url, headers: {}, socket: { remoteAddress: address } } as unknown as IncomingMessage;
}

function limits(settings: Partial<GatewaySettings>): { limits: ConnectionLimits; engine: EventEmitter } {
  const all = {
    AUTH_RATE_LIMIT: 0,
    SOCKETS_PER_ADDRESS: 10_000,
    MESSAGE_RATE_LIMIT: 20,
    TRUST_PROXY: () => false,
    ...settings,
  } as unknown as GatewaySettings;
  const made = new ConnectionLimits(new AddressLimits(all), all, pino({ level: 'silent' }));
  const engine = new EventEmitter();
  made.watch(engine as never);
  return { limits: made, engine };
}

const allows = (made: ConnectionLimits, of: IncomingMessage): Promise<boolean> =>
  new Promise((done) => made.allowRequest(of, (_, allowed) => done(allowed)));

/** The part of an Engine.IO connection that the limits use. */
class Connection extends EventEmitter {
  closed = false;
  constructor(readonly request: IncomingMessage) {
    super();
  }
  close(): void {
    this.closed = true;
    this.emit('close');
  }
}

describe('ConnectionLimits', () => {
  it('allows each address 1,000 connections that are not authenticated', async () => {
    const { limits: made, engine } = limits({});
    const connections = Array.from({ length: 1_000 }, () => new Connection(aRequest('192.0.2.1')));
    for (const connection of connections) engine.emit('connection', connection);

    const full = await allows(made, aRequest('192.0.2.1'));
    const elsewhere = await allows(made, aRequest('192.0.2.2'));
    made.connected(connections[0] as never);
    const afterOneConnected = await allows(made, aRequest('192.0.2.1'));
    engine.emit('connection', new Connection(aRequest('192.0.2.1')));
    const fullAgain = await allows(made, aRequest('192.0.2.1'));
    connections[1]?.close();

    expect([full, elsewhere, afterOneConnected, fullAgain]).toEqual([false, true, true, false]);
    expect(await allows(made, aRequest('192.0.2.1'))).toBe(true);
  });

  it('refuses handshakes beyond the limit with RATE_LIMITED, and those of a flood before a connection is opened', async () => {
    const { limits: made } = limits({ AUTH_RATE_LIMIT: 1 });
    const openings = Array.from({ length: 50 }, () => aRequest('192.0.2.1'));

    const allowed: boolean[] = [];
    for (const opening of openings) allowed.push(await allows(made, opening));
    const outcomes = openings.map((opening) => {
      try {
        made.countHandshake(opening, true);
        return 'counted';
      } catch (error) {
        return (error as ApiError).code;
      }
    });

    expect(allowed).toEqual(openings.map((_, i) => i < 40));
    expect(outcomes.slice(0, 40)).toEqual(
      openings.slice(0, 40).map((_, i) => (i < 20 ? 'counted' : 'RATE_LIMITED')),
    );
    // A further handshake on the same connection counts too.
    expect(() => made.countHandshake(aRequest('192.0.2.1'), false)).toThrow(
      expect.objectContaining({ code: 'RATE_LIMITED' }),
    );
    expect(await allows(made, aRequest('192.0.2.9'))).toBe(true);
  });

  it('refuses JSONP', async () => {
    const { limits: made } = limits({});

    expect(await allows(made, aRequest('192.0.2.1', `${ANYWHERE}&j=0`))).toBe(false);
  });
});
