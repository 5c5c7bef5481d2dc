import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NatsServerUnderTest, temporaryFolder, type BareReply } from '@app/testing';
import { connect, createInbox, nkeyAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import { busCertificates } from '../../tools/nats/certificates.mjs';
import { natsInstallation, publicKeyOf } from '../../tools/nats/installation.mjs';
import { serverConfig, USERS } from '../../tools/nats/permissions.mjs';

/** A NATS user of an installation. */
export type BusUser = (typeof USERS)[number];

/** A user of the tests that may subscribe to everything and publish nothing. */
const SPY = { user: 'spy', pass: 'spy-of-a-test' };
const SPY_LINE = `{ user: "${SPY.user}", password: "${SPY.pass}", permissions: { publish: { deny: ">" }, subscribe: ">" } }`;

/** A real nats-server with the configuration of an installation, and a connection of each of its users. */
export class SecuredBus {
  private readonly users = new Map<BusUser, NatsConnection>();

  private constructor(
    readonly nats: NatsServerUnderTest,
    readonly folder: string,
    readonly seeds: Readonly<Record<BusUser, string>>,
    private readonly removeFolder: () => void,
    private readonly authority?: string,
  ) {}

  /**
   * Creates keys and configuration, starts the server and connects each user.
   * @param tls whether to use the configuration of docker-compose.yml, which requires TLS
   */
  static async start(tls = false): Promise<SecuredBus> {
    const folder = temporaryFolder();
    const installation = await natsInstallation(folder.path, { host: '127.0.0.1', port: 0 });
    const { seeds } = installation;
    let config = readFileSync(installation.config, 'utf8');
    let authority: string | undefined;
    if (tls) {
      const at = (name: string): string => join(folder.path, name);
      const files = { authority: at('authority.pem'), certificate: at('server.pem'), key: at('server.key') };
      await busCertificates(files, ['localhost', '127.0.0.1']);
      const publicKeys = {} as Record<BusUser, string>;
      for (const name of USERS) publicKeys[name] = await publicKeyOf(seeds[name]);
      config = serverConfig({ host: '127.0.0.1', port: 0, publicKeys, tls: files });
      authority = readFileSync(files.authority, 'utf8');
    }
    const watched = join(folder.path, 'watched.nats.conf');
    writeFileSync(watched, config.replace('    users: [\n', `    users: [\n      ${SPY_LINE}\n`));
    // The free port on the command line overrides that of the configuration.
    const nats = await NatsServerUnderTest.start(['-c', watched]);
    const bus = new SecuredBus(nats, folder.path, seeds, folder.remove, authority);
    for (const name of USERS)
      bus.users.set(name, await connectAs(nats.url, readFileSync(seeds[name]), `_INBOX_${name}`, authority));
    return bus;
  }

  /** Returns the connection of a user. */
  as(user: BusUser): NatsConnection {
    const bus = this.users.get(user);
    if (!bus) throw new Error(`${user} is not connected`);
    return bus;
  }

  /** Sends a request as a user, with a reply subject in that user's inbox for the service. */
  async request(user: BusUser, subject: string, body: unknown): Promise<BareReply> {
    const [family = ''] = subject.split('.');
    const reply = await this.as(user).request(subject, JSON.stringify(body), {
      noMux: true,
      reply: createInbox(`_INBOX_${user}.${family}`),
      timeout: 8_000,
    });
    return reply.json<BareReply>();
  }

  /** Connects a user that may subscribe to everything. */
  spy(): Promise<NatsConnection> {
    const { authority } = this;
    return connect({
      servers: this.nats.url,
      ...SPY,
      reconnect: false,
      ...(authority !== undefined && { tls: { ca: authority } }),
    });
  }

  /** Ends everything. */
  async stop(): Promise<void> {
    for (const bus of this.users.values()) await bus.close();
    await this.nats.stop();
    this.removeFolder();
  }
}

/** Connects with a seed. */
export function connectAs(
  url: string,
  seed: Uint8Array,
  inboxPrefix: string,
  authority?: string,
): Promise<NatsConnection> {
  return connect({
    servers: url,
    authenticator: nkeyAuthenticator(new Uint8Array(seed)),
    inboxPrefix,
    reconnect: false,
    ...(authority !== undefined && { tls: { ca: authority } }),
  });
}

/** Returns whether a pattern covers a subject or a narrower pattern. */
export function covers(patterns: readonly string[], subject: string): boolean {
  return patterns.some((pattern) =>
    pattern.endsWith('.>') ? subject.startsWith(pattern.slice(0, -1)) : pattern === subject,
  );
}

/** Waits for a flush: the server reports a permissions violation before it answers the flush. */
const afterFlush = async (bus: NatsConnection): Promise<boolean> => {
  await bus.flush();
  return new Promise((done) => setImmediate(() => done(true)));
};

/** Returns whether a user may subscribe to a subject. */
export async function maySubscribe(bus: NatsConnection, subject: string): Promise<boolean> {
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

/** Returns whether a user may publish to a subject: a violation shows in the connection's status. */
export async function mayPublish(bus: NatsConnection, subject: string): Promise<boolean> {
  const status = bus.status()[Symbol.asyncIterator]();
  const refused = (async () => {
    for (let next = await status.next(); !next.done; next = await status.next())
      if (next.value.type === 'error' && next.value.error.message.includes(`"${subject}"`)) return false;
    return true;
  })();
  bus.publish(subject, '{}');
  return Promise.race([refused, afterFlush(bus)]);
}
