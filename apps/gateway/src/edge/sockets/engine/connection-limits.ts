import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { LOGGER, Refusal } from '@app/platform';
import type { Logger } from 'pino';
import type { Server } from 'socket.io';
import { SETTINGS, type GatewaySettings } from '../../../settings/config.js';
import { AddressLimits } from '../../limits/address-limits.js';
import { addToCount } from '../../limits/counts.js';
import { TokenBucket } from '../../limits/token-bucket.js';
import type { UserSocket } from './user-socket.js';

/**
 * How many packets a second a connection may send, of whatever kind, and how many seconds' worth at once: many times
 * what a client sends that has been away. What is beyond the limits of messages and calls is answered RATE_LIMITED;
 * who floods on regardless is cut.
 */
const PACKETS_PER_SECOND = 500;
const SECONDS_AT_ONCE = 4;

/** What a connection may send before its user is known: an upgrade's probe and the request to connect, with room. */
const PACKETS_BEFORE_CONNECT = 10;
const BYTES_BEFORE_CONNECT = 8_192;

/** How long a connection may take to say who it is, in milliseconds: three round trips of a slow network. */
export const CONNECT_TIMEOUT_MS = 10_000;

/** How many connections of an address may be open whose users are not known yet. */
const STRANGERS_PER_ADDRESS = 1_000;

/** So many times as many connections as an address may have are let in as far as to be told that they are too many. */
const TOLD = 2;

type Connection = UserSocket['conn'];

/** Counts the connections of each address and the packets of each connection, before their users are known. */
@Injectable()
export class ConnectionLimits {
  private readonly open = new Map<string, number>();
  private readonly strangers = new Map<string, number>();
  /** Called when the user of a connection is known. */
  private readonly known = new WeakMap<Connection, () => void>();
  private readonly refusals = new WeakMap<IncomingMessage, Refusal>();
  private readonly most: number;
  private readonly packetsPerSecond: number;

  constructor(
    private readonly addresses: AddressLimits,
    @Inject(SETTINGS) settings: GatewaySettings,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    const { SOCKETS_PER_ADDRESS: sockets, MESSAGE_RATE_LIMIT: messages } = settings;
    this.most = sockets === 0 ? Infinity : sockets;
    // Where messages have no limit, neither has what carries them.
    this.packetsPerSecond = messages === 0 ? 0 : Math.max(PACKETS_PER_SECOND, messages * 10);
  }

  /** Whether a connection is taken at all: an option of Engine.IO. */
  readonly allowRequest = (
    request: IncomingMessage,
    answer: (error: string | undefined, allowed: boolean) => void,
  ): void => {
    answer(undefined, this.allows(request));
  };

  private allows(request: IncomingMessage): boolean {
    const address = this.addresses.address(request);
    const { refusal, flood } = this.addresses.handshake(request);
    if (refusal) this.refusals.set(request, refusal);
    if (flood || (this.open.get(address) ?? 0) >= this.most * TOLD) return false;
    if ((this.strangers.get(address) ?? 0) >= STRANGERS_PER_ADDRESS) return false;
    // JSONP is long polling for scripts of other origins.
    return !new URL(request.url ?? '/', 'http://edge').searchParams.has('j');
  }

  /** Begins to count. */
  watch(engine: Server['engine']): void {
    engine.on('connection', (connection: Connection) => this.opened(connection));
  }

  /**
   * Counts a handshake: the first of a connection was counted when the connection was opened.
   * @throws {Refusal} RATE_LIMITED when it was one too many
   */
  countHandshake(request: IncomingMessage, first: boolean): void {
    const refusal = first ? this.refusals.get(request) : this.addresses.handshake(request).refusal;
    if (refusal) throw refusal;
  }

  /** @throws {Refusal} RATE_LIMITED when the address of a handshake has too many connections, this one included */
  requireRoom(request: IncomingMessage): void {
    if ((this.open.get(this.addresses.address(request)) ?? 0) > this.most)
      throw new Refusal('RATE_LIMITED', 'Too many open connections from this address');
  }

  /** A connection's user is known. */
  connected(connection: Connection): void {
    this.known.get(connection)?.();
    this.known.delete(connection);
  }

  private opened(connection: Connection): void {
    const address = this.addresses.address(connection.request);
    addToCount(this.open, address, 1);
    addToCount(this.strangers, address, 1);
    let stranger = true;
    // At once, also for long polling, which Engine.IO would let end in order.
    const timer = setTimeout(() => connection.close(true), CONNECT_TIMEOUT_MS);
    const known = (): void => {
      if (stranger) addToCount(this.strangers, address, -1);
      stranger = false;
      clearTimeout(timer);
    };
    this.known.set(connection, known);
    connection.once('close', () => {
      known();
      addToCount(this.open, address, -1);
    });
    const rate = this.packetsPerSecond;
    const bucket = rate === 0 ? undefined : new TokenBucket(rate, rate * SECONDS_AT_ONCE);
    let [packets, bytes] = [0, 0];
    connection.on('packet', ({ data }: { data?: unknown }) => {
      if (stranger && typeof data === 'string') bytes += data.length;
      if (stranger && (++packets > PACKETS_BEFORE_CONNECT || bytes > BYTES_BEFORE_CONNECT))
        this.cut(connection, 'a connection that sent too much before its user was known is cut');
      else if (isBinary(data)) this.cut(connection, 'a connection that sent a binary packet is cut');
      else if (bucket && bucket.take() > 0)
        this.cut(connection, 'a socket that sent too many packets is cut');
    });
  }

  private cut(connection: Connection, reason: string): void {
    this.logger.warn(reason);
    connection.close(true);
  }
}

/** Whether a packet is binary, or announces binary attachments (types 5 and 6 of Socket.IO). The API has neither. */
function isBinary(data: unknown): boolean {
  if (typeof data !== 'string') return data !== undefined;
  return data.startsWith('5') || data.startsWith('6');
}
