import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { INestMicroservice } from '@nestjs/common';
import type { NatsConnection } from '@nats-io/transport-node';
import { SUBJECTS, type Reply, type RequestInput, type Subject } from '@app/contracts/bus';
import { bareRequest, NatsServerUnderTest, temporaryFolder, type BareReply } from '@app/testing';
import Database from 'better-sqlite3';
import { chatSettings } from '../src/config.js';
import { startChat } from '../src/start.js';

/** A subject that the chat service answers. */
export type ChatSubject = Extract<Subject, `chat.${string}` | 'health.chat'>;

/** The real chat service in this process, with a NATS server and a data folder of its own. */
export class ChatUnderTest {
  private running: INestMicroservice | undefined;

  private constructor(
    readonly nats: NatsServerUnderTest,
    readonly bus: NatsConnection,
    readonly dataDir: string,
    private readonly removeData: () => void,
  ) {}

  /** Starts one and waits until it answers. */
  static async start(): Promise<ChatUnderTest> {
    const nats = await NatsServerUnderTest.start();
    const folder = temporaryFolder();
    const chat = new ChatUnderTest(nats, await nats.connect(), join(folder.path, 'data'), folder.remove);
    await chat.up();
    return chat;
  }

  /** The Nest application. */
  get app(): INestMicroservice {
    if (!this.running) throw new Error('the chat service is not up');
    return this.running;
  }

  /** Starts the service on the data that is there. */
  async up(): Promise<void> {
    const env = { DATA_DIR: this.dataDir, NATS_URL: this.nats.url, LOG_LEVEL: 'silent' };
    this.running = (await startChat(chatSettings(env))).app;
  }

  /** Ends the service, in order; its data stays. */
  async down(): Promise<void> {
    await this.running?.close();
    this.running = undefined;
  }

  /** Asks as any NATS client would, and gives whatever is answered. */
  ask(subject: ChatSubject, body: unknown): Promise<BareReply> {
    return bareRequest(this.bus, subject, body);
  }

  /** Asks, and gives the data of an answer that follows its schema. */
  async get<S extends ChatSubject>(subject: S, body: RequestInput<S>): Promise<Reply<S>> {
    const reply = await this.ask(subject, body);
    if (reply.error) throw new Error(`${subject}: ${JSON.stringify(reply.error)}`);
    // Parsed by the subject's own schema, so each test also checks that answers are as described.
    return SUBJECTS[subject].reply.parse(reply.data) as Reply<S>;
  }

  /** Asks, and gives the code of the refusal, or undefined for an answer. */
  async refusal(subject: ChatSubject, body: unknown): Promise<string | undefined> {
    return (await this.ask(subject, body)).error?.code;
  }

  /** Reads the service's database from outside. */
  look<T>(read: (database: Database.Database) => T): T {
    const database = new Database(join(this.dataDir, 'chat.db'), { readonly: true });
    try {
      return read(database);
    } finally {
      database.close();
    }
  }

  /** Puts a user into so many chats that nobody made, at once. */
  fill(userId: string, chats: number): void {
    const database = new Database(join(this.dataDir, 'chat.db'));
    try {
      const chat = database.prepare('INSERT INTO chats (id, created_at, created_by) VALUES (?, ?, ?)');
      const member = database.prepare('INSERT INTO members (chat_id, user_id, joined_at) VALUES (?, ?, ?)');
      database.transaction(() => {
        for (let i = 0; i < chats; i++) {
          const id = randomUUID();
          chat.run(id, Date.now(), userId);
          member.run(id, userId, Date.now());
        }
      })();
    } finally {
      database.close();
    }
  }

  /** Ends everything and removes the data. */
  async stop(): Promise<void> {
    await this.down();
    await this.bus.close();
    await this.nats.stop();
    this.removeData();
  }
}

/** A chat of as many users as asked for, the first of whom made it. */
export async function aChat(
  chat: ChatUnderTest,
  { name = null as string | null, members = 2 } = {},
): Promise<{ chatId: string; key: string; userIds: readonly [string, ...string[]] }> {
  const userIds: [string, ...string[]] = [randomUUID()];
  const made = await chat.get('chat.create', { userId: userIds[0], name });
  while (userIds.length < members) {
    const userId = randomUUID();
    await chat.get('chat.join', { userId, key: made.key });
    userIds.push(userId);
  }
  return { chatId: made.chat.id, key: made.key, userIds };
}
