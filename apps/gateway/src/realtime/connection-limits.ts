import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { LOGGER, Refusal } from '@app/platform';
import type { Logger } from 'pino';
import type { Server } from 'socket.io';
import { SETTINGS, type GatewaySettings } from '../config.js';
import { AddressLimits } from '../http/address-limits.js';
import { TokenBucket } from '../http/token-bucket.js';
import type { UserSocket } from './fan-out.js';

/**
 * How many packets a second a connection may send, of whatever kind, and how many seconds' worth at once: many times
 * what a client sends that has been away. What is beyond the limits of messages and signs is answered RATE_LIMITED;
 * who floods on regardless is cut.
 */
const PACKETS_PER_SECOND = 500;
const SECONDS_AT_ONCE = 4;

/** So many times as many connections as an address may have are let in as far as to be told that they are too many. */
const TOLD = 2;

/** Counts the connections of each address and the packets of each connection, before their users are known. */
@Injectable()
export class ConnectionLimits {
  private readonly open = new Map<string, number>();
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
    answer(undefined, this.count(request) < this.most * TOLD);
  };

  /** Begins to count. */
  watch(engine: Server['engine']): void {
    engine.on('connection', (connection: UserSocket['conn']) => this.opened(connection));
  }

  /** @throws {Refusal} RATE_LIMITED when the address of a handshake has too many connections, this one included */
  requireRoom(request: IncomingMessage): void {
    if (this.count(request) > this.most)
      throw new Refusal('RATE_LIMITED', 'There are too many open connections from this address');
  }

  private count(request: IncomingMessage): number {
    return this.open.get(this.addresses.address(request)) ?? 0;
  }

  private opened(connection: UserSocket['conn']): void {
    const address = this.addresses.address(connection.request);
    this.open.set(address, (this.open.get(address) ?? 0) + 1);
    connection.once('close', () => {
      const left = (this.open.get(address) ?? 1) - 1;
      if (left === 0) this.open.delete(address);
      else this.open.set(address, left);
    });
    if (this.packetsPerSecond === 0) return;
    const bucket = new TokenBucket(this.packetsPerSecond, this.packetsPerSecond * SECONDS_AT_ONCE);
    connection.on('packet', () => {
      if (bucket.take() === 0) return;
      this.logger.warn('a socket that sent too many packets is cut');
      connection.close(true);
    });
  }
}
