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

/** Codes that every subject may answer with. */
const EVERYWHERE = ['VALIDATION_FAILED', 'SERVICE_UNAVAILABLE'];

/** The AsyncAPI document of a running server, held against what was said over the bus and the sockets. */
export class AsyncDocument {
  private readonly check = new SchemaCheck();

  private constructor(private readonly document: AsyncApi) {}

  /** Reads the document as any program would. */
  static async of(url: string): Promise<AsyncDocument> {
    const { body } = await new EdgeClient(url).request('GET', '/api/asyncapi.json');
    return new AsyncDocument(body as unknown as AsyncApi);
  }

  /** Every subject of the bus. */
  get subjects(): string[] {
    return this.addresses('bus', () => true);
  }

  /** Every event that the server sends to sockets. */
  get sent(): string[] {
    return this.addresses('edge', (id) => id.endsWith('_sent'));
  }

  private addresses(server: string, picks: (id: string) => boolean): string[] {
    return Object.entries(this.document.channels).flatMap(([id, { address, servers }]) =>
      address !== null && servers?.[0]?.$ref === `#/servers/${server}` && picks(id) ? [address] : [],
    );
  }

  /** What is wrong with a payload; the name is an address, with `:sent` for an event that the server sends. */
  problems(name: string, payload: unknown): string[] {
    const channel = this.document.channels[idOf(name)];
    return this.anyOf(name, channel, payload);
  }

  /** What is wrong with the reply or acknowledgement to an address, its code included. */
  replyProblems(name: string, reply: unknown): string[] {
    const operation = this.document.operations[idOf(name)];
    const id = operation?.reply?.channel.$ref.replace('#/channels/', '') ?? '';
    const codes = operation?.description?.replace('Error codes: ', '').split(', ') ?? [];
    const code = (reply as { error?: { code?: string } }).error?.code;
    const isNew = name.includes('.') && code !== undefined && ![...codes, ...EVERYWHERE].includes(code);
    return [
      ...this.anyOf(`the reply to ${name}`, this.document.channels[id], reply),
      ...(isNew ? [`${name} is refused as ${code}, which is not documented`] : []),
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

/** Hears everything that is said on a bus without rules. */
export class BusSpy {
  readonly subjects = new Set<string>();
  private readonly said: { readonly subject: string; readonly payload: unknown }[] = [];
  private readonly replies: { readonly subject: string; readonly payload: unknown }[] = [];
  private readonly asked = new Map<string, string>();

  /** @param bus a connection that may hear everything */
  constructor(bus: NatsConnection) {
    bus.subscribe('>', {
      callback: (_error, message) => {
        const { subject, reply } = message;
        const payload = message.json();
        const asked = this.asked.get(subject);
        if (asked !== undefined) {
          this.replies.push({ subject: asked, payload });
          return;
        }
        if (reply !== undefined && reply !== '') this.asked.set(reply, subject);
        this.subjects.add(subject);
        this.said.push({ subject, payload });
      },
    });
  }

  /** What was said and does not fit the document. */
  problems(document: AsyncDocument): string[] {
    return [
      ...this.said.flatMap(({ subject, payload }) => document.problems(subject, payload)),
      ...this.replies.flatMap(({ subject, payload }) => document.replyProblems(subject, payload)),
    ];
  }
}
