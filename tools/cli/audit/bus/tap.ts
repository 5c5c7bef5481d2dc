import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { TAP_MARK } from '../../../nats/permissions.mjs';
import type { BusConfiguration } from './bus-configuration.js';

const CONNECT_LIMIT_MS = 5_000;
/** How long a server may still be at reading its users when it lets the first new one in. */
const RELOAD_MS = 250;
/** What a tap keeps at most: a busy installation's bus would fill the memory. */
const KEPT_BYTES = 64 * 1024 * 1024;

/** A message that has crossed the bus. */
export interface HeardMessage {
  readonly subject: string;
  readonly reply: string | undefined;
  readonly data: Uint8Array;
}

/** A tap on the bus: a user that may hear everything, made for one run and removed again. */
export class Tap {
  readonly heard: HeardMessage[] = [];
  /** Whether it could not keep everything. */
  full = false;
  private bytes = 0;

  private constructor(
    private readonly configuration: BusConfiguration,
    private readonly connection: NatsConnection,
  ) {}

  /**
   * Makes the user and begins to listen.
   * @throws when the server does not let the new user in
   */
  static async open(configuration: BusConfiguration): Promise<Tap> {
    const text = configuration.text() ?? '';
    const user = `audit-${randomBytes(6).toString('hex')}`;
    const pass = randomBytes(24).toString('base64url');
    const line = `      { user: "${user}", password: "${pass}", permissions: { publish: { deny: ">" }, subscribe: ">" } } ${TAP_MARK}`;
    const place = text.search(/^ *\{ nkey: /m);
    if (place < 0) throw new Error('the configuration of the bus has no users');
    configuration.change(`${text.slice(0, place)}${line}\n${text.slice(place)}`);
    const { host, port, authority } = configuration.address();
    const deadline = performance.now() + CONNECT_LIMIT_MS;
    for (;;)
      try {
        // Until the server has read the new configuration, it knows nobody of this name.
        const connection = await connect({
          servers: `${host}:${port}`,
          user,
          pass,
          name: 'audit',
          reconnect: false,
          ...(authority !== undefined && { tls: { ca: authority } }),
        });
        const tap = new Tap(configuration, connection);
        await tap.listen();
        // The server goes over its connections once more when it has read the users; it may still close this one.
        await pause(RELOAD_MS);
        await tap.settle();
        return tap;
      } catch (error) {
        if (performance.now() > deadline) {
          configuration.removeTap();
          throw error;
        }
        await pause(50);
      }
  }

  private async listen(): Promise<void> {
    this.connection.subscribe('>', {
      callback: (error, message) => {
        if (error) return;
        this.bytes += message.data.length;
        if (this.bytes > KEPT_BYTES) this.full = true;
        else this.heard.push({ subject: message.subject, reply: message.reply, data: message.data });
      },
    });
    await this.settle();
  }

  /**
   * Waits until all that was published so far has been heard.
   * @throws when the server has closed the connection, as it does with users that it reads anew: no answer comes then
   */
  async settle(): Promise<void> {
    const closed = this.connection.closed().then((error) => {
      throw error instanceof Error ? error : new Error('the bus has closed the connection of the tap');
    });
    await Promise.race([this.connection.flush(), closed]);
  }

  /** Ends listening and removes the user. */
  async close(): Promise<void> {
    await this.connection.close();
    this.configuration.removeTap();
  }
}
