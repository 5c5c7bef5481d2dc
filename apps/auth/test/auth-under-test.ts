import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { INestMicroservice } from '@nestjs/common';
import type { NatsConnection } from '@nats-io/transport-node';
import {
  EVENTS,
  SUBJECTS,
  type EventPayload,
  type EventSubject,
  type Reply,
  type RequestInput,
  type Subject,
} from '@app/contracts/bus';
import { bareRequest, NatsServerUnderTest, temporaryFolder, type BareReply } from '@app/testing';
import Database from 'better-sqlite3';
import { authSettings } from '../src/config.js';
import { startAuth } from '../src/start.js';

/** A password that nothing speaks against. */
export const PASSWORD = 'correct horse battery staple';

/** What a session is named by on the bus. */
export function digestOf({ session }: { readonly session: { readonly token: string } }): string {
  return createHash('sha256').update(session.token).digest('hex');
}

/** A name that nobody has. */
export function aName(): string {
  return `u-${randomUUID().slice(0, 12)}`;
}

/** A subject that the auth service answers. */
export type AuthSubject = Extract<Subject, `auth.${string}` | `operator.${string}` | 'health.auth'>;

/** The real auth service in this process, with a NATS server and a data folder of its own. */
export class AuthUnderTest {
  private running: INestMicroservice | undefined;

  private constructor(
    readonly nats: NatsServerUnderTest,
    readonly bus: NatsConnection,
    readonly dataDir: string,
    private readonly removeData: () => void,
  ) {}

  /** Starts one and waits until it answers. */
  static async start(): Promise<AuthUnderTest> {
    const nats = await NatsServerUnderTest.start();
    const folder = temporaryFolder();
    const auth = new AuthUnderTest(nats, await nats.connect(), join(folder.path, 'data'), folder.remove);
    await auth.up();
    return auth;
  }

  /** The Nest application. */
  get app(): INestMicroservice {
    if (!this.running) throw new Error('the auth service is not up');
    return this.running;
  }

  /** Starts the service on the data that is there. */
  async up(): Promise<void> {
    const env = { DATA_DIR: this.dataDir, NATS_URL: this.nats.url, LOG_LEVEL: 'silent' };
    this.running = (await startAuth(authSettings(env))).app;
  }

  /** Ends the service, in order; its data stays. */
  async down(): Promise<void> {
    await this.running?.close();
    this.running = undefined;
  }

  /** Asks as any NATS client would, and gives whatever is answered. */
  ask(subject: AuthSubject, body: unknown): Promise<BareReply> {
    return bareRequest(this.bus, subject, body);
  }

  /** Asks, and gives the data of an answer that follows its schema. */
  async get<S extends AuthSubject>(subject: S, body: RequestInput<S>): Promise<Reply<S>> {
    const reply = await this.ask(subject, body);
    if (reply.error) throw new Error(`${subject}: ${JSON.stringify(reply.error)}`);
    // Parsed by the subject's own schema, so each test also checks that answers are as described.
    return SUBJECTS[subject].reply.parse(reply.data) as Reply<S>;
  }

  /** Asks, and gives the code of the refusal, or undefined for an answer. */
  async refusal(subject: AuthSubject, body: unknown): Promise<string | undefined> {
    return (await this.ask(subject, body)).error?.code;
  }

  /** Makes an account. */
  register(username = aName(), password = PASSWORD): Promise<Reply<'auth.register'>> {
    return this.get('auth.register', { username, password });
  }

  /** Logs in. */
  login(username: string, password = PASSWORD): Promise<Reply<'auth.login'>> {
    return this.get('auth.login', { username, password });
  }

  /** The code with which a session is refused, or undefined while it goes on. */
  sessionRefusal(of: { readonly session: { readonly token: string } }): Promise<string | undefined> {
    return this.refusal('auth.session.verify', { digest: digestOf(of) });
  }

  /** EventHandler an event from now on; its payloads follow its schema. */
  async hear<S extends EventSubject>(subject: S): Promise<EventPayload<S>[]> {
    const heard: EventPayload<S>[] = [];
    this.bus.subscribe(subject, {
      callback: (_error, message) => {
        heard.push(EVENTS[subject].payload.parse(message.json()) as EventPayload<S>);
      },
    });
    await this.bus.flush();
    return heard;
  }

  /** Works on the service's database from outside. */
  inside<T>(work: (database: Database.Database) => T): T {
    const database = new Database(join(this.dataDir, 'auth.db'));
    try {
      return work(database);
    } finally {
      database.close();
    }
  }

  /** Whether any file of the data folder holds these bytes. */
  holds(bytes: string | Buffer): boolean {
    return readdirSync(this.dataDir).some((name) => readFileSync(join(this.dataDir, name)).includes(bytes));
  }

  /** Ends everything and removes the data. */
  async stop(): Promise<void> {
    await this.down();
    await this.bus.close();
    await this.nats.stop();
    this.removeData();
  }
}
