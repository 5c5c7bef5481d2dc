import { EdgeClient } from '@app/testing';
import type { NatsConnection } from '@nats-io/transport-node';
import { type JsonSchema, SchemaCheck } from './api-document.js';

interface Channel {
  readonly address: string | null;
  readonly servers?: readonly { readonly $ref: string }[];
  readonly messages: Readonly<Record<string, { readonly payload: JsonSchema }>>;
}

interface AsyncApi {
  readonly channels: Readonly<Record<string, Channel>>;
  readonly operations: Readonly<
    Record<
      string,
      {
        readonly action: 'send' | 'receive';
        readonly description?: string;
        readonly channel: { readonly $ref: string };
        readonly reply?: { readonly channel: { readonly $ref: string } };
      }
    >
  >;
}

/** The error codes that every subject may answer with. */
const COMMON_CODES = ['VALIDATION_FAILED', 'SERVICE_UNAVAILABLE'];

/** The AsyncAPI document of a running server, which checks the messages of the bus and the sockets. */
export class AsyncDocument {
  private readonly check = new SchemaCheck();

  private constructor(private readonly document: AsyncApi) {}

  /** Fetches the document. */
  static async of(url: string): Promise<AsyncDocument> {
    const { body } = await new EdgeClient(url).request('GET', '/api/asyncapi.json');
    return new AsyncDocument(body as unknown as AsyncApi);
  }

  /** The documented subjects of the bus. */
  get subjects(): string[] {
    return this.addresses('bus', () => true);
  }

  /** The documented events that the server emits to sockets. */
  get sent(): string[] {
    return this.addresses('edge', (id) => id.endsWith('_sent'));
  }

  private addresses(server: string, picks: (id: string) => boolean): string[] {
    return Object.entries(this.document.channels).flatMap(([id, { address, servers }]) =>
      address !== null && servers?.[0]?.$ref === `#/servers/${server}` && picks(id) ? [address] : [],
    );
  }

  /** Returns the problems of a payload. @param name an address, with `:sent` for an event that the server emits */
  problems(name: string, payload: unknown): string[] {
    const channel = this.document.channels[idOf(name)];
    return this.anyOf(name, channel, payload);
  }

  /** Returns the problems of the reply or acknowledgement to an address, its error code included. */
  replyProblems(name: string, reply: unknown): string[] {
    const operation = this.document.operations[idOf(name)];
    const id = operation?.reply?.channel.$ref.replace('#/channels/', '') ?? '';
    const codes = operation?.description?.replace('Error codes: ', '').split(', ') ?? [];
    const code = (reply as { error?: { code?: string } }).error?.code;
    const isNew = name.includes('.') && code !== undefined && ![...codes, ...COMMON_CODES].includes(code);
    return [
      ...this.anyOf(`the reply to ${name}`, this.document.channels[id], reply),
      ...(isNew ? [`${name} is answered ${code}, which is not documented`] : []),
    ];
  }

  private anyOf(name: string, channel: Channel | undefined, payload: unknown): string[] {
    if (!channel) return [`${name} is not documented`];
    const tries = Object.values(channel.messages).map((message) =>
      this.check.problems(message.payload, payload),
    );
    return tries.some((problems) => problems.length === 0)
      ? []
      : (tries[0] ?? []).map((problem) => `${name}: ${problem}`);
  }
}

function idOf(name: string): string {
  return name.replaceAll(/\W+/g, '_');
}

/** Records all messages of a bus without permissions. */
export class BusSpy {
  readonly subjects = new Set<string>();
  private readonly published: { readonly subject: string; readonly payload: unknown }[] = [];
  private readonly replies: { readonly subject: string; readonly payload: unknown }[] = [];
  /** The subject of each request, by its reply subject. */
  private readonly requests = new Map<string, string>();

  /** @param bus a connection that may subscribe to everything */
  constructor(bus: NatsConnection) {
    bus.subscribe('>', {
      callback: (_error, message) => {
        const { subject, reply } = message;
        const payload = message.json();
        const request = this.requests.get(subject);
        if (request !== undefined) {
          this.replies.push({ subject: request, payload });
          return;
        }
        if (reply !== undefined && reply !== '') this.requests.set(reply, subject);
        this.subjects.add(subject);
        this.published.push({ subject, payload });
      },
    });
  }

  /** Returns the problems of all recorded messages. */
  problems(document: AsyncDocument): string[] {
    return [
      ...this.published.flatMap(({ subject, payload }) => document.problems(subject, payload)),
      ...this.replies.flatMap(({ subject, payload }) => document.replyProblems(subject, payload)),
    ];
  }
}
