import {
  connect,
  headers,
  NoRespondersError,
  RequestError,
  type MsgHdrs,
  type NatsConnection,
} from '@nats-io/transport-node';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { isErrorCode, type FieldError } from '@app/contracts/edge';
import type { EventPayload, EventSubject, Reply, RequestInput, Subject } from '@app/contracts/bus';
import type { Logger } from 'pino';
import type { BusLogin } from '../config/service-settings.js';
import { currentRequestId } from '../logging/request-context.js';
import { Refusal, unavailable } from '../refusal.js';
import { connectionOptions, REQUEST_ID_HEADER } from './bus-options.js';
import { timeLeft } from './call-clock.js';

/** How long a request may take unless its caller says otherwise, in milliseconds: the contract's 3 s with a margin. */
export const REQUEST_TIMEOUT_MS = 2_500;

interface ReplyBody {
  readonly data?: unknown;
  readonly error?: {
    readonly code?: unknown;
    readonly message?: unknown;
    readonly errors?: readonly FieldError[];
  };
}

/** Asks other services and tells events; every request has a time limit and an answer. */
@Injectable()
export class BusClient implements OnApplicationShutdown {
  private isUp = true;
  private ending = false;
  private readonly listeners: (() => void)[] = [];

  private constructor(
    private readonly connection: NatsConnection,
    private readonly logger: Logger,
  ) {
    void this.watch();
  }

  /**
   * Connects, waiting for the server as long as it takes.
   * @throws when the server refuses the credentials
   */
  static async connect(service: string, login: BusLogin, logger: Logger): Promise<BusClient> {
    return new BusClient(await connect(connectionOptions(service, login)), logger);
  }

  /** Whether a server is connected right now. */
  get connected(): boolean {
    return !this.connection.isClosed() && this.isUp;
  }

  /** Calls the listener whenever the connection comes back. */
  onReconnect(listener: () => void): void {
    this.listeners.push(listener);
  }

  private async watch(): Promise<void> {
    for await (const status of this.connection.status()) {
      if (status.type === 'disconnect') {
        this.isUp = false;
        // The end of this process ends the connection too.
        if (!this.ending) this.logger.warn('the bus is away');
      }
      if (status.type !== 'reconnect') continue;
      this.isUp = true;
      this.logger.info('the bus is back');
      for (const listener of this.listeners) listener();
    }
  }

  /**
   * Asks a service.
   * @param subject a request subject
   * @param body its payload
   * @param timeoutMs how long to wait for the answer, in milliseconds, counted from the beginning of the call that is served
   * @throws {Refusal} with the service's code, or SERVICE_UNAVAILABLE when nobody answers in time
   */
  async request<S extends Subject>(
    subject: S,
    body: RequestInput<S>,
    timeoutMs: number = REQUEST_TIMEOUT_MS,
  ): Promise<Reply<S>> {
    let reply: ReplyBody;
    try {
      const message = await this.connection.request(subject, JSON.stringify(body), {
        timeout: timeLeft(timeoutMs),
        ...requestHeaders(),
      });
      reply = message.json<ReplyBody>();
    } catch {
      throw unavailable();
    }
    if (reply.error) throw asRefusal(reply.error);
    // The peer is one of ours and checks what it sends by the same schema's type.
    return reply.data as Reply<S>;
  }

  /** Tells an event that only refreshes memory: at most once, lost while the server is away. */
  tell<S extends EventSubject>(subject: S, payload: EventPayload<S>): void {
    if (!this.connection.isClosed())
      this.connection.publish(subject, JSON.stringify(payload), requestHeaders());
  }

  /**
   * Tells an event and collects who confirms it.
   * @param payload JSON text of the event
   * @param expected how many services are asked to confirm
   * @param timeoutMs how long to wait for all of them
   * @returns the names of the services that have confirmed; those that failed or did not answer are missing
   */
  async confirm(subject: string, payload: string, expected: number, timeoutMs: number): Promise<string[]> {
    const confirmed: string[] = [];
    try {
      const answers = await this.connection.requestMany(subject, payload, {
        strategy: 'count',
        maxMessages: expected,
        maxWait: timeoutMs,
        ...requestHeaders(),
      });
      for await (const answer of answers) {
        const body = answer.json<{ data?: { service?: unknown } }>();
        if (typeof body.data?.service === 'string') confirmed.push(body.data.service);
      }
    } catch (error) {
      if (!(error instanceof NoRespondersError || error instanceof RequestError)) return confirmed;
    }
    return confirmed;
  }

  /** Lets what is under way end, then closes. */
  async onApplicationShutdown(): Promise<void> {
    this.ending = true;
    if (!this.connection.isClosed()) await this.connection.drain().catch(() => this.connection.close());
  }
}

/** The id of the request that is worked on, for the service that is asked on its behalf. */
function requestHeaders(): { headers?: MsgHdrs } {
  const id = currentRequestId();
  if (id === undefined) return {};
  const fields = headers();
  fields.set(REQUEST_ID_HEADER, id);
  return { headers: fields };
}

function asRefusal(error: NonNullable<ReplyBody['error']>): Refusal {
  if (!isErrorCode(error.code)) return new Refusal('INTERNAL');
  const message = typeof error.message === 'string' ? error.message : undefined;
  if (error.code === 'SERVICE_UNAVAILABLE') return unavailable(message);
  return new Refusal(error.code, message, error.errors ? { errors: error.errors } : {});
}
