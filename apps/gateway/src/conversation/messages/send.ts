import { Inject, Injectable } from '@nestjs/common';
import type { Message } from '@app/contracts/edge';
import { withRequestId, LOGGER, ApiError, Telemetry, toApiError, type Histogram } from '@app/platform';
import type { Logger } from 'pino';
import type { ChatAccess } from '../../services/chats.client.js';
import { MessageStore } from '../../store/message-store.js';
import { MemberAccess } from '../chats/member-access.js';
import { Broadcast, type Connection } from '../live/broadcast.js';
import { Connections } from '../live/connections.js';
import { SendOrder } from './send-order.js';

/** Seconds: from a commit on a fast disk to the limit after which a client gives up waiting. */
const ACKNOWLEDGEMENT_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3];

/** What a client sends. */
interface SentMessage {
  readonly chatId: string;
  readonly clientMessageId: string;
  readonly text: string;
  readonly replyTo?: string | null | undefined;
}

/** Gets a message once it is on disk, or why it was refused. */
type Reply = (result: { message: Message; repeat: boolean } | ApiError) => void;

/** Sends messages: stores them in the order in which they were sent, acknowledges and broadcasts them. */
@Injectable()
export class SendMessage {
  private readonly acknowledgements: Histogram;
  private readonly order = new SendOrder();

  constructor(
    private readonly access: MemberAccess,
    private readonly store: MessageStore,
    private readonly broadcast: Broadcast,
    private readonly connections: Connections,
    @Inject(LOGGER) private readonly logger: Logger,
    telemetry: Telemetry,
  ) {
    this.acknowledgements = telemetry.histogram(
      'acknowledgement_seconds',
      'From a message’s arrival to its acknowledgement, seconds.',
      ACKNOWLEDGEMENT_BUCKETS,
    );
  }

  /**
   * Stores and broadcasts a message, by callback: no promise is made on the path of a message.
   * @param reply is called once; `repeat` where the message was stored before
   * @param from the connection that sent it
   */
  send(userId: string, message: SentMessage, reply: Reply, from?: Connection): void {
    const began = performance.now();
    const answer: Reply = (result) => {
      if (!(result instanceof ApiError)) this.acknowledgements.observe((performance.now() - began) / 1_000);
      reply(result);
    };
    const { chatId } = message;
    const cached =
      from && this.order.isWaiting(from, chatId) ? undefined : this.access.cached(userId, chatId);
    if (cached) {
      this.append(userId, message, cached, answer, from);
      return;
    }
    const refuse = (error: unknown): void =>
      this.guarded(() => answer(toApiError(error, this.logger)), 'a refusal could not be sent');
    const store = (access: ChatAccess): void => {
      try {
        this.append(userId, message, access, answer, from);
      } catch (error) {
        refuse(error);
      }
    };
    const ask = (): Promise<ChatAccess> => withRequestId(() => this.access.require(userId, chatId));
    if (from) this.order.enter(from, chatId, ask, { store, refuse });
    else void ask().then(store, refuse);
  }

  /** Runs a callback whose failure must not keep others waiting; what it throws is logged. */
  private guarded(work: () => void, failure: string): void {
    try {
      work();
    } catch (error) {
      this.logger.error({ err: error }, failure);
    }
  }

  private append(
    senderId: string,
    { chatId, clientMessageId, text, replyTo }: SentMessage,
    { memberIds, messageKey, messageTtl }: ChatAccess,
    answer: Reply,
    from: Connection | undefined,
  ): void {
    const retryAfter = this.broadcast.reserve(senderId, memberIds, text.length);
    if (retryAfter > 0) {
      answer(new ApiError('RATE_LIMITED', undefined, { retryAfter }));
      return;
    }
    const sessionId = from?.data.session.sessionId;
    this.store.append({
      chatId,
      memberIds,
      messageKey,
      senderId,
      clientMessageId,
      text,
      replyTo: replyTo ?? null,
      messageTtl,
      // Nothing is stored for a session that has ended while its message waited.
      refusal: () =>
        sessionId !== undefined && this.connections.hasEnded(sessionId)
          ? new ApiError('UNAUTHENTICATED')
          : undefined,
      stored: (message, repeat) => {
        this.guarded(() => answer({ message, repeat }), 'an acknowledgement could not be sent');
        if (!repeat) this.broadcast.emit(memberIds, 'message:new', { message }, from);
      },
      failed: (error) => answer(toApiError(error, this.logger)),
    });
  }
}
