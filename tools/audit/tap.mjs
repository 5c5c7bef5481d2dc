// A tap on the bus: a user that may hear everything, made for one run and taken out again.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '@nats-io/transport-node';
import { discardDrafts, writeDurably } from '../../libs/platform/src/files/durable-files.mjs';
import { TAP_MARK, withoutTap } from '../nats/permissions.mjs';

const CONNECT_LIMIT_MS = 5_000;
/** How long a server may still be at reading its users when it lets the first new one in. */
const RELOAD_MS = 250;
/** What a tap keeps at most: a busy installation's bus would fill the memory. */
const KEPT_BYTES = 64 * 1024 * 1024;

/** @typedef {{ subject: string, reply: string | undefined, data: Uint8Array }} HeardMessage */

/**
 * What is otherwise than with `npm start`, where the bus runs in a container of its own.
 * @typedef {object} BusPlace
 * @property {string} host where it is reached
 * @property {string} seenAs the path of its configuration as the server sees it
 * @property {string} authority the name of the file, beside its configuration, by which it is known
 * @property {(service: import('../nats/permissions.mjs').User) => string} seedOf the file with a user's seed
 */

/** The configuration of the bus of one installation, and the server that runs by it. */
export class BusConfiguration {
  #place;

  /** @param {string} dataDir @param {BusPlace} [place] */
  constructor(dataDir, place) {
    this.folder = join(dataDir, 'nats');
    this.file = join(this.folder, 'nats.conf');
    this.#place = place;
  }

  /** The configuration's text; nothing where the bus is another's. @returns {string | undefined} */
  text() {
    return existsSync(this.file) ? readFileSync(this.file, 'utf8') : undefined;
  }

  /** The file with the seed of a user. @param {import('../nats/permissions.mjs').User} user */
  seedFile(user) {
    return this.#place?.seedOf(user) ?? join(this.folder, `${user}.nk`);
  }

  /** Where the server is reached, and the certificate by which it is known. @returns {import('./bus-protocol.mjs').BusAddress} */
  address() {
    const text = this.text() ?? '';
    const [, port = '4222'] = /^port: (\d+)/m.exec(text) ?? [];
    if (this.#place) {
      const authority = readFileSync(join(this.folder, this.#place.authority), 'utf8');
      return { host: this.#place.host, port: Number(port), authority };
    }
    const [, host = '127.0.0.1'] = /^host: "([^"]+)"/m.exec(text) ?? [];
    return { host: host === '0.0.0.0' ? '127.0.0.1' : host, port: Number(port) };
  }

  /** The process that runs by this configuration, if there is one. @returns {number | undefined} */
  serverPid() {
    const file = this.#place?.seenAs ?? this.file;
    for (const [pid, command] of processes()) {
      const [program = '', ...args] = command;
      if (/nats-server(\.exe)?$/.test(program) && args.includes(file)) return pid;
    }
    return undefined;
  }

  /**
   * Writes the configuration, whole or not at all, and has the server read it.
   * @param {string} text
   */
  change(text) {
    writeDurably(this.file, text);
    const pid = this.serverPid();
    if (pid !== undefined) process.kill(pid, 'SIGHUP');
  }

  /** Takes out what a run has left over, if it has. @returns {boolean} whether there was something */
  removeTap() {
    discardDrafts(this.file);
    const text = this.text() ?? '';
    const kept = withoutTap(text);
    if (kept === text) return false;
    this.change(kept);
    return true;
  }
}

/** Every process with its command line, as far as this user may see. @returns {Iterable<[number, string[]]>} */
function* processes() {
  if (existsSync('/proc/self/cmdline')) {
    for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry)))
      try {
        yield [Number(name), readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0')];
      } catch {
        // It has ended meanwhile, or is another user's.
      }
    return;
  }
  const lines = execFileSync('ps', ['-ax', '-o', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  for (const line of lines) {
    const [pid, ...command] = line.trim().split(/\s+/);
    yield [Number(pid), command];
  }
}

/** Hears all that crosses the bus. */
export class Tap {
  /** @type {HeardMessage[]} */
  heard = [];
  /** Whether it could not keep everything. */
  full = false;
  #bytes = 0;

  /** @param {BusConfiguration} configuration @param {import('@nats-io/transport-node').NatsConnection} connection */
  constructor(configuration, connection) {
    this.configuration = configuration;
    this.connection = connection;
  }

  /**
   * Makes the user and begins to listen.
   * @param {BusConfiguration} configuration
   * @throws when the server does not let the new user in
   */
  static async open(configuration) {
    const text = configuration.text() ?? '';
    const user = `audit-${randomBytes(6).toString('hex')}`;
    const pass = randomBytes(24).toString('base64url');
    const line = `      { user: "${user}", password: "${pass}", permissions: { publish: { deny: ">" }, subscribe: ">" } } ${TAP_MARK}`;
    const place = text.search(/^ *\{ nkey: /m);
    if (place < 0) throw new Error('the configuration of the bus has no users');
    configuration.change(`${text.slice(0, place)}${line}\n${text.slice(place)}`);
    const { host, port, authority } = configuration.address();
    const deadline = Date.now() + CONNECT_LIMIT_MS;
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
        await tap.#listen();
        // The server goes over its connections once more when it has read the users; it may still close this one.
        await pause(RELOAD_MS);
        await tap.settle();
        return tap;
      } catch (error) {
        if (Date.now() > deadline) {
          configuration.removeTap();
          throw error;
        }
        await pause(50);
      }
  }

  async #listen() {
    this.connection.subscribe('>', {
      callback: (error, message) => {
        if (error) return;
        this.#bytes += message.data.length;
        if (this.#bytes > KEPT_BYTES) this.full = true;
        else this.heard.push({ subject: message.subject, reply: message.reply, data: message.data });
      },
    });
    await this.settle();
  }

  /**
   * Waits until all that was said so far has been heard.
   * @throws when the server has closed the connection, as it does with users that it reads anew: no answer comes then
   */
  async settle() {
    const closed = this.connection.closed().then((error) => {
      throw error instanceof Error ? error : new Error('the bus has closed the connection of the tap');
    });
    await Promise.race([this.connection.flush(), closed]);
  }

  /** Ends listening and takes the user out. */
  async close() {
    await this.connection.close();
    this.configuration.removeTap();
  }
}
