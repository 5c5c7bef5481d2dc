import { readFileSync } from 'node:fs';
import { NatsServerUnderTest, temporaryFolder } from '@app/testing';
import { connect, nkeyAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import { natsInstallation } from '../../tools/nats/installation.mjs';
import { USERS } from '../../tools/nats/permissions.mjs';

/** A NATS user of an installation. */
export type BusUser = (typeof USERS)[number];

/** A real nats-server under the configuration that an installation gets, and a connection as each of its users. */
export class SecuredBus {
  readonly users: ReadonlyMap<BusUser, NatsConnection>;

  private constructor(
    readonly nats: NatsServerUnderTest,
    readonly folder: string,
    readonly seeds: Readonly<Record<BusUser, string>>,
    private readonly removeFolder: () => void,
    users: ReadonlyMap<BusUser, NatsConnection>,
  ) {
    this.users = users;
  }

  /** Makes the key pairs and the configuration, starts the server, connects each user. */
  static async start(): Promise<SecuredBus> {
    const folder = temporaryFolder();
    const { config, seeds } = await natsInstallation(folder.path, { host: '127.0.0.1', port: 0 });
    // The port on the command line is a free one, chosen by the test's server.
    const nats = await NatsServerUnderTest.start(['-c', config]);
    const users = new Map<BusUser, NatsConnection>();
    for (const name of USERS)
      users.set(name, await connectAs(nats.url, readFileSync(seeds[name]), `_INBOX_${name}`));
    return new SecuredBus(nats, folder.path, seeds, folder.remove, users);
  }

  /** The connection of a user. */
  as(user: BusUser): NatsConnection {
    const bus = this.users.get(user);
    if (!bus) throw new Error(`${user} is not connected`);
    return bus;
  }

  /** Ends everything. */
  async stop(): Promise<void> {
    for (const bus of this.users.values()) await bus.close();
    await this.nats.stop();
    this.removeFolder();
  }
}

/** Connects with a seed. */
export function connectAs(url: string, seed: Uint8Array, inboxPrefix: string): Promise<NatsConnection> {
  return connect({
    servers: url,
    authenticator: nkeyAuthenticator(new Uint8Array(seed)),
    inboxPrefix,
    reconnect: false,
  });
}

/** The server answers what is forbidden before the flush that follows it. */
const afterFlush = async (bus: NatsConnection): Promise<boolean> => {
  await bus.flush();
  return new Promise((done) => setImmediate(() => done(true)));
};

/** Whether the server lets a user hear a subject. */
export async function mayHear(bus: NatsConnection, subject: string): Promise<boolean> {
  let refused = false;
  const subscription = bus.subscribe(subject, {
    callback: (error) => {
      refused ||= error !== null;
    },
  });
  await afterFlush(bus);
  subscription.unsubscribe();
  return !refused;
}

/** Whether the server lets a user speak on a subject: a refusal shows in the connection's status. */
export async function maySpeak(bus: NatsConnection, subject: string): Promise<boolean> {
  const status = bus.status()[Symbol.asyncIterator]();
  const refused = (async () => {
    for (let next = await status.next(); !next.done; next = await status.next())
      if (next.value.type === 'error' && next.value.error.message.includes(`"${subject}"`)) return false;
    return true;
  })();
  bus.publish(subject, '{}');
  return Promise.race([refused, afterFlush(bus)]);
}
