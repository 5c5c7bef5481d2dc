import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { LOGGER, ApiError } from '@app/platform';
import type { Logger } from 'pino';
import type { Server } from 'socket.io';
import { SETTINGS, type GatewaySettings } from '../../../settings/config.js';
import { AddressLimits } from '../../limits/address-limits.js';
import { addToCount } from '../../limits/counts.js';
import { TokenBucket } from '../../limits/token-bucket.js';
import type { UserSocket } from './user-socket.js';

/**
 * The token bucket of a connection's packets: tokens a second, and its capacity in seconds. It is far above what a client
 * sends after a long absence: messages and calls beyond their own limits get RATE_LIMITED, and only a connection that
 * floods regardless is closed.
 */
const PACKETS_PER_SECOND = 500;
const BURST_SECONDS = 4;

/** What a connection may send before it is authenticated: the probe of an upgrade and the connect packet, with a margin. */
const PACKETS_BEFORE_CONNECT = 10;
const BYTES_BEFORE_CONNECT = 8_192;

/** How long a connection may take to authenticate, in milliseconds: three round trips of a slow network. */
export const CONNECT_TIMEOUT_MS = 10_000;

/** How many connections of an address may be open without being authenticated. */
const UNAUTHENTICATED_PER_ADDRESS = 1_000;

/**
 * Above its limit, an address may open connections up to this multiple of the limit. Their handshakes get RATE_LIMITED;
 * further connections are refused without a code.
 */
const REFUSED_WITH_CODE = 2;

type Connection = UserSocket['conn'];

/** Limits the connections of each address and the packets of each connection. */
@Injectable()
export class ConnectionLimits {
  /** The number of open connections by address. */
  private readonly open = new Map<string, number>();
  /** The number of open connections that are not authenticated, by address. */
  private readonly unauthenticated = new Map<string, number>();
  /** Ends the wait for a connection to authenticate. */
  private readonly onAuthenticated = new WeakMap<Connection, () => void>();
  /** The refused handshakes, whose error `countHandshake` throws. */
  private readonly refusals = new WeakMap<IncomingMessage, ApiError>();
  private readonly maxPerAddress: number;
  private readonly packetsPerSecond: number;

  constructor(
    private readonly addresses: AddressLimits,
    @Inject(SETTINGS) settings: GatewaySettings,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    const { SOCKETS_PER_ADDRESS: sockets, MESSAGE_RATE_LIMIT: messages } = settings;
    this.maxPerAddress = sockets === 0 ? Infinity : sockets;
    // Without a rate limit for messages there is none for packets.
    this.packetsPerSecond = messages === 0 ? 0 : Math.max(PACKETS_PER_SECOND, messages * 10);
  }

  /** Engine.IO's option `allowRequest`: decides whether a connection is opened. */
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
    if (flood || (this.open.get(address) ?? 0) >= this.maxPerAddress * REFUSED_WITH_CODE) return false;
    if ((this.unauthenticated.get(address) ?? 0) >= UNAUTHENTICATED_PER_ADDRESS) return false;
    // No JSONP: scripts of other origins could read its answers.
    return !new URL(request.url ?? '/', 'http://edge').searchParams.has('j');
  }

  /** Counts the connections of a server from now on. */
  watch(engine: Server['engine']): void {
    engine.on('connection', (connection: Connection) => this.opened(connection));
  }

  /**
   * Counts a handshake, unless it is the first of its connection: `allowRequest` has counted that.
   * @throws {ApiError} RATE_LIMITED when the address has made too many
   */
  countHandshake(request: IncomingMessage, first: boolean): void {
    const refusal = first ? this.refusals.get(request) : this.addresses.handshake(request).refusal;
    if (refusal) throw refusal;
  }

  /** @throws {ApiError} RATE_LIMITED when the address of a handshake has too many open connections */
  requireRoom(request: IncomingMessage): void {
    if ((this.open.get(this.addresses.address(request)) ?? 0) > this.maxPerAddress)
      throw new ApiError('RATE_LIMITED', 'Too many open connections from this address');
  }

  /** Marks a connection as authenticated. */
  connected(connection: Connection): void {
    this.onAuthenticated.get(connection)?.();
    this.onAuthenticated.delete(connection);
  }

  private opened(connection: Connection): void {
    const address = this.addresses.address(connection.request);
    addToCount(this.open, address, 1);
    addToCount(this.unauthenticated, address, 1);
    let isAuthenticated = false;
    // `true` discards what waits: Engine.IO would otherwise wait for the next poll of long polling.
    const timer = setTimeout(() => connection.close(true), CONNECT_TIMEOUT_MS);
    const stopWaiting = (): void => {
      if (!isAuthenticated) addToCount(this.unauthenticated, address, -1);
      isAuthenticated = true;
      clearTimeout(timer);
    };
    this.onAuthenticated.set(connection, stopWaiting);
    connection.once('close', () => {
      stopWaiting();
      addToCount(this.open, address, -1);
    });
    const rate = this.packetsPerSecond;
    const bucket = rate === 0 ? undefined : new TokenBucket(rate, rate * BURST_SECONDS);
    let [packets, bytes] = [0, 0];
    connection.on('packet', ({ data }: { data?: unknown }) => {
      if (!isAuthenticated && typeof data === 'string') bytes += data.length;
      if (!isAuthenticated && (++packets > PACKETS_BEFORE_CONNECT || bytes > BYTES_BEFORE_CONNECT))
        this.closeNow(connection, 'closed a connection that sent too much before it was authenticated');
      else if (isBinary(data)) this.closeNow(connection, 'closed a connection that sent a binary packet');
      else if (bucket && bucket.take() > 0)
        this.closeNow(connection, 'closed a connection that sent too many packets');
    });
  }

  private closeNow(connection: Connection, reason: string): void {
    this.logger.warn(reason);
    connection.close(true);
  }
}

/** Returns whether a packet is binary or announces binary attachments (Socket.IO types 5 and 6). The API has neither. */
function isBinary(data: unknown): boolean {
  if (typeof data !== 'string') return data !== undefined;
  return data.startsWith('5') || data.startsWith('6');
}
