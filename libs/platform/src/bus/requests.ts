import {
  ClosedConnectionError,
  createInbox,
  NoRespondersError,
  nuid,
  TimeoutError,
  type Msg,
  type MsgHdrs,
  type NatsConnection,
} from '@nats-io/transport-node';
import { inboxPrefix } from '@app/contracts/bus';

/** The status by which a NATS server reports that a subject has no subscriber (NATS, ADR-22). */
const NO_RESPONDERS = 503;

/** Whether a message is the server's report that the subject has no subscriber. */
export function isNoResponders(message: Msg): boolean {
  return message.data.length === 0 && message.headers?.code === NO_RESPONDERS;
}

interface Waiting {
  readonly answer: (message: Msg) => void;
  readonly fail: (error: Error) => void;
}

/**
 * Sends requests whose replies come to an inbox of their subject's family. The client library has one inbox for all
 * requests of a connection: every service that answers any of them would need permission to publish to it.
 */
export class Requests {
  /** The inbox of each family by its prefix. */
  private readonly inboxes = new Map<string, string>();
  /** By reply subject. */
  private readonly waiting = new Map<string, Waiting>();

  constructor(
    private readonly connection: NatsConnection,
    private readonly requester: string,
  ) {
    void connection.closed().then(() => this.failAll('', new ClosedConnectionError()));
  }

  /**
   * Sends a request.
   * @param timeoutMs how long to wait for the answer, in milliseconds
   * @throws {NoRespondersError | TimeoutError | ClosedConnectionError | DrainingConnectionError} when nobody answers
   * @throws {PermissionViolationError} when this user may not subscribe to the inbox
   */
  send(subject: string, payload: string, timeoutMs: number, options: { headers?: MsgHdrs }): Promise<Msg> {
    return new Promise((answered, failed) => {
      const reply = `${this.inbox(inboxPrefix(this.requester, subject))}.${nuid.next()}`;
      const settled = (): void => {
        clearTimeout(deadline);
        this.waiting.delete(reply);
      };
      const fail = (error: Error): void => {
        settled();
        failed(error);
      };
      const deadline = setTimeout(() => fail(new TimeoutError()), timeoutMs);
      this.waiting.set(reply, {
        answer: (message) => {
          if (isNoResponders(message)) return fail(new NoRespondersError(subject));
          settled();
          answered(message);
        },
        fail,
      });
      try {
        this.connection.publish(subject, payload, { reply, ...options });
      } catch (error) {
        settled();
        throw error;
      }
    });
  }

  private inbox(prefix: string): string {
    const known = this.inboxes.get(prefix);
    if (known !== undefined) return known;
    const inbox = createInbox(prefix);
    this.connection.subscribe(`${inbox}.*`, {
      callback: (error, message) => {
        if (!error) return this.waiting.get(message.subject)?.answer(message);
        this.inboxes.delete(prefix);
        this.failAll(inbox, error);
      },
    });
    this.inboxes.set(prefix, inbox);
    return inbox;
  }

  private failAll(inbox: string, error: Error): void {
    for (const [reply, { fail }] of this.waiting) if (reply.startsWith(inbox)) fail(error);
  }
}
