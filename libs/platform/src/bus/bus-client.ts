import {
  ClosedConnectionError,
  connect,
  createInbox,
  DrainingConnectionError,
  headers,
  NoRespondersError,
  TimeoutError,
  type Msg,
  type MsgHdrs,
  type NatsConnection,
} from '@nats-io/transport-node';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { isErrorCode, type FieldError } from '@app/contracts/edge';
import {
  inboxPrefix,
  type EventPayload,
  type EventSubject,
  type Reply,
  type RequestInput,
  type Subject,
} from '@app/contracts/bus';
import type { Logger } from 'pino';
import type { BusLogin } from '../config/service-settings.js';
import { currentRequestId } from '../logging/request-context.js';
import { ApiError, unavailable } from '../errors/api-error.js';
import { connectionOptions, REQUEST_ID_HEADER } from './bus-options.js';
import { timeLeft } from '../deadline/deadline.js';
import { isNoResponders, Requests } from './requests.js';

/** How long a request may take unless its caller says otherwise, in milliseconds: the contract's 3 s with a margin. */
export const REQUEST_TIMEOUT_MS = 2_500;

/** Errors that mean that the other side is unavailable. Any other error of a request is a bug. */
const UNAVAILABLE = [NoRespondersError, TimeoutError, ClosedConnectionError, DrainingConnectionError];

/** How often unanswered requests of one subject are logged, in milliseconds. */
const LOG_EVERY_MS = 1_000;

interface ReplyBody {
  readonly data?: unknown;
  readonly error?: {
    readonly code?: unknown;
    readonly message?: unknown;
    readonly errors?: readonly FieldError[];
  };
}

/** Sends requests to other services and publishes events; every request has a deadline and an answer. */
@Injectable()
export class BusClient implements OnApplicationShutdown {
  private isUp = true;
  private ending = false;
  private readonly listeners: (() => void)[] = [];
  private readonly requests: Requests;
  /** When an unanswered request was last logged, by subject. */
  private readonly logged = new Map<string, number>();

  private constructor(
    private readonly service: string,
    private readonly connection: NatsConnection,
    private readonly logger: Logger,
  ) {
    this.requests = new Requests(connection, service);
    void this.watch();
  }

  /**
   * Connects, and waits for the server without a limit.
   * @throws when the server refuses the credentials
   */
  static async connect(service: string, login: BusLogin, logger: Logger): Promise<BusClient> {
    return new BusClient(service, await connect(connectionOptions(service, login)), logger);
  }

  /** Whether a server is connected. */
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
        // The connection also ends when this process stops.
        if (!this.ending) this.logger.warn('the bus is away');
      }
      if (status.type === 'error') this.logger.error({ err: status.error }, 'the bus refuses something');
      if (status.type !== 'reconnect') continue;
      this.isUp = true;
      this.logger.info('the bus is back');
      for (const listener of this.listeners) listener();
    }
  }

  /**
   * Sends a request to a service.
   * @param subject a request subject
   * @param body its payload
   * @param timeoutMs how long to wait for the answer, in milliseconds from the start of the call that is being served
   * @throws {ApiError} with the service's code, SERVICE_UNAVAILABLE when no answer comes in time, or INTERNAL
   */
  async request<S extends Subject>(
    subject: S,
    body: RequestInput<S>,
    timeoutMs: number = REQUEST_TIMEOUT_MS,
  ): Promise<Reply<S>> {
    let reply: ReplyBody;
    try {
      const limitMs = timeLeft(timeoutMs);
      const message = await this.requests.send(subject, JSON.stringify(body), limitMs, requestHeaders());
      reply = parsed(message);
    } catch (error) {
      throw this.unanswered(subject, error);
    }
    if (reply.error) throw asRefusal(reply.error);
    // The peer is one of our services, whose replies have the type of the same schema.
    return reply.data as Reply<S>;
  }

  /** Publishes an event that only updates memory: at most once, and lost while no server is connected. */
  publish<S extends EventSubject>(subject: S, payload: EventPayload<S>): void {
    if (!this.connection.isClosed())
      this.connection.publish(subject, JSON.stringify(payload), requestHeaders());
  }

  /**
   * Publishes an event and collects who confirms it. Never throws.
   * @param payload JSON text of the event
   * @param expected how many services must confirm
   * @param timeoutMs how long to wait for all of them, in milliseconds
   * @returns the names of the services that confirmed it
   */
  async publishConfirmed(
    subject: string,
    payload: string,
    expected: number,
    timeoutMs: number,
  ): Promise<string[]> {
    const confirmed: string[] = [];
    const reply = createInbox(inboxPrefix(this.service, subject));
    try {
      const answers = this.connection.subscribe(reply);
      let left = expected;
      const deadline = setTimeout(() => answers.unsubscribe(), timeoutMs);
      try {
        this.connection.publish(subject, payload, { reply, ...requestHeaders() });
        for await (const answer of answers) {
          if (isNoResponders(answer)) break;
          const { data, error } = parsed(answer);
          if (error) this.logger.warn({ subject, code: error.code }, 'a service could not confirm an event');
          const { service } = (data ?? {}) as { service?: unknown };
          if (typeof service === 'string') confirmed.push(service);
          if (--left === 0) break;
        }
      } finally {
        clearTimeout(deadline);
        answers.unsubscribe();
      }
    } catch (error) {
      if (!this.ending) this.logger.error({ err: error, subject }, 'an event could not be published');
    }
    return confirmed;
  }

  /** Logs why a request has no answer, once a second for each subject, and returns the error for its caller. */
  private unanswered(subject: string, error: unknown): ApiError {
    const isAway = UNAVAILABLE.some((kind) => error instanceof kind);
    const now = performance.now();
    if (now - (this.logged.get(subject) ?? -Infinity) >= LOG_EVERY_MS) {
      this.logged.set(subject, now);
      if (isAway)
        this.logger.warn({ subject, reason: (error as Error).message }, 'a request is not answered');
      else this.logger.error({ err: error, subject }, 'a request failed');
    }
    return isAway ? unavailable() : new ApiError('INTERNAL');
  }

  /** Waits for what is in progress, then closes. */
  async onApplicationShutdown(): Promise<void> {
    this.ending = true;
    if (!this.connection.isClosed()) await this.connection.drain().catch(() => this.connection.close());
  }
}

/**
 * Parses a reply.
 * @throws an error without the reply's text, which may be secret
 */
function parsed(message: Msg): ReplyBody {
  try {
    return message.json<ReplyBody>();
  } catch {
    throw new Error('the answer is not JSON');
  }
}

/** Returns the header with the id of the current request. */
function requestHeaders(): { headers?: MsgHdrs } {
  const id = currentRequestId();
  if (id === undefined) return {};
  const fields = headers();
  fields.set(REQUEST_ID_HEADER, id);
  return { headers: fields };
}

function asRefusal(error: NonNullable<ReplyBody['error']>): ApiError {
  if (!isErrorCode(error.code)) return new ApiError('INTERNAL');
  const message = typeof error.message === 'string' ? error.message : undefined;
  if (error.code === 'SERVICE_UNAVAILABLE') return unavailable(message);
  return new ApiError(error.code, message, error.errors ? { errors: error.errors } : {});
}
