import { Inject, Injectable } from '@nestjs/common';
import { LIMITS, type Message, type MessagePage, type StoredChat } from '@app/contracts/edge';
import { bytesToUuid, OpenError, openMessage, splitSealed, uuidToBytes } from '@app/crypto';
import {
  ErasureLedger,
  inRequest,
  isDamaged,
  LOGGER,
  Refusal,
  Telemetry,
  toRefusal,
  WriteQueue,
  type Histogram,
} from '@app/platform';
import type { Logger } from 'pino';
import { ChatsClient, type ChatAccess } from '../../services/chats.client.js';
import { FanOutRate } from '../../edge/limits/message-rate.js';
import { FanOut, type UserSocket } from '../../edge/sockets/user-sockets.js';
import { ChatStates, type ChatState } from '../../store/sqlite/chat-state.js';
import { LogTruncation } from '../../store/sqlite/erasure/log-truncation.js';
import { seqOfMessageId } from '../../store/message-id.js';
import { MessageRepository } from '../../store/sqlite/message.repository.js';
import { describe, missing } from '../../store/message-view.js';
import { MessageWriter } from '../../store/sqlite/message-writer.js';
import { PageSize } from '../../store/page-size.js';
import { SendOrder } from './send-order.js';
import { ShortCollections } from '../../store/sqlite/short-collections.js';
import type { StoredMessage } from '../../store/sqlite/stored-message.js';

/** Seconds: from a commit on a fast disk to the limit after which a client gives up waiting. */
const ACKNOWLEDGEMENT_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3];

/** What a client sends to be stored. */
export interface NewMessage {
  readonly chatId: string;
  readonly clientMessageId: string;
  readonly text: string;
}

/** Where a page of history lies. */
export interface PageQuery {
  readonly before?: number | undefined;
  readonly after?: number | undefined;
  readonly limit: number;
}

/** Seals, stores, announces, opens and wipes messages. */
@Injectable()
export class MessagesService {
  private readonly acknowledgements: Histogram;
  private readonly order = new SendOrder();

  constructor(
    private readonly chats: ChatsClient,
    private readonly writer: MessageWriter,
    private readonly states: ChatStates,
    private readonly repository: MessageRepository,
    private readonly queue: WriteQueue,
    private readonly truncation: LogTruncation,
    private readonly ledger: ErasureLedger,
    private readonly fanOut: FanOut,
    private readonly fanOutRate: FanOutRate,
    private readonly collections: ShortCollections,
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
   * Checks the membership for every call on a chat's messages but `send`, which asks only where no access is cached.
   * @throws {Refusal} CHAT_NOT_FOUND for anyone but a member and while the chat is being erased
   */
  async enter(userId: string, chatId: string): Promise<ChatAccess> {
    if (this.writer.isClosed(chatId)) throw new Refusal('CHAT_NOT_FOUND');
    const access = await this.chats.access(userId, chatId);
    if (this.writer.isClosed(chatId)) throw new Refusal('CHAT_NOT_FOUND');
    return access;
  }

  /**
   * Stores a message and announces it, by callback: no promise is made on the path of a message.
   * @param reply gets the message once it is committed to disk, or why it was refused; `repeat` when it was stored before
   * @param from the socket that sent it, which hears of it by its acknowledgement alone
   */
  send(
    userId: string,
    message: NewMessage,
    reply: (result: { message: Message; repeat: boolean } | Refusal) => void,
    from?: UserSocket,
  ): void {
    const began = performance.now();
    const answer: typeof reply = (result) => {
      if (!(result instanceof Refusal)) this.acknowledgements.observe((performance.now() - began) / 1_000);
      reply(result);
    };
    const { chatId } = message;
    const known =
      from && this.order.isWaiting(from, chatId) ? undefined : this.chats.knownAccess(userId, chatId);
    if (known) {
      this.store(userId, message, known, answer, from);
      return;
    }
    const refuse = (error: unknown): void =>
      this.guarded(() => answer(toRefusal(error, this.logger)), 'a refusal could not be sent');
    const store = (access: ChatAccess): void => {
      try {
        this.store(userId, message, access, answer, from);
      } catch (error) {
        refuse(error);
      }
    };
    const ask = (): Promise<ChatAccess> => inRequest(() => this.enter(userId, chatId));
    if (from) this.order.enter(from, chatId, ask, { store, refuse });
    else void ask().then(store, refuse);
  }

  /** Runs what must not keep others from their turn; what it throws is logged. */
  private guarded(work: () => void, failure: string): void {
    try {
      work();
    } catch (error) {
      this.logger.error({ err: error }, failure);
    }
  }

  private store(
    senderId: string,
    { chatId, clientMessageId, text }: NewMessage,
    access: ChatAccess,
    answer: (result: { message: Message; repeat: boolean } | Refusal) => void,
    from: UserSocket | undefined,
  ): void {
    let sockets = 0;
    for (const id of access.memberIds) sockets += this.fanOut.count(id);
    const retryAfter = this.fanOutRate.take(senderId, text.length, sockets);
    if (retryAfter > 0) {
      answer(new Refusal('RATE_LIMITED', undefined, { retryAfter }));
      return;
    }
    this.writer.send({
      chatId,
      memberIds: access.memberIds,
      messageKey: access.messageKey,
      senderId,
      clientMessageId,
      text,
      sessionId: from?.data.session.sessionId,
      stored: (row, repeat) => {
        if (repeat) {
          answer(this.repeated(chatId, access, row, text));
          return;
        }
        const message = describe(chatId, row, text);
        this.guarded(() => answer({ message, repeat }), 'an acknowledgement could not be sent');
        this.fanOut.emit(access.memberIds, 'message:new', { message }, from);
      },
      failed: (error) => answer(toRefusal(error, this.logger)),
    });
  }

  /** Answers a message whose client id was stored before. */
  private repeated(
    chatId: string,
    access: ChatAccess,
    row: StoredMessage,
    text: string,
  ): { message: Message; repeat: true } | Refusal {
    try {
      const message = this.open(chatId, uuidToBytes(chatId), access, row);
      const conflict = !message.deletedAt && !message.damaged && message.text !== text;
      return conflict ? new Refusal('IDEMPOTENCY_CONFLICT') : { message, repeat: true };
    } catch (error) {
      return toRefusal(error, this.logger);
    }
  }

  /**
   * A page of history: since seq has no gaps, a page is a range of places, and a place without a row shows as damaged.
   * It ends where it has become large, with one message at least.
   */
  async page(userId: string, chatId: string, query: PageQuery): Promise<MessagePage> {
    const access = await this.enter(userId, chatId);
    const state = this.states.get(chatId);
    const { before, after, limit } = query;
    const size = new PageSize();
    if (after !== undefined) {
      const end = Math.min(state.lastSeq, (before ?? Infinity) - 1);
      const to = Math.min(after + limit, end);
      const messages: Message[] = [];
      for (let from = after + 1; from <= to && !size.isFull; from += PageSize.step)
        messages.push(
          ...size.fitting(this.read(state, access, from, Math.min(to, from + PageSize.step - 1))),
        );
      return { messages, hasMore: after + messages.length < end };
    }
    const end = Math.min(state.lastSeq, (before ?? Infinity) - 1);
    const from = Math.max(1, end - limit + 1);
    const messages: Message[] = [];
    for (let to = end; to >= from && !size.isFull; to -= PageSize.step) {
      const some = this.read(state, access, Math.max(from, to - PageSize.step + 1), to);
      messages.unshift(...size.fitting(some.toReversed()).toReversed());
    }
    return { messages, hasMore: messages.length > 0 && end - messages.length > 0 };
  }

  /** The last message of a chat, also as a tombstone. */
  last(chatId: string, access: ChatAccess): Message | null {
    const state = this.states.get(chatId);
    return this.read(state, access, state.lastSeq, state.lastSeq)[0] ?? null;
  }

  /** The messages from one place to another, both included. */
  private read(state: ChatState, access: ChatAccess, from: number, to: number): Message[] {
    if (state.ref === undefined || from > to || to < 1) return [];
    const rows = this.rows(state.chatId, state.ref, Math.max(1, from), to);
    const messages: Message[] = [];
    let next = 0;
    for (let seq = Math.max(1, from); seq <= to; seq++) {
      const row = rows[next];
      if (row?.seq === seq) {
        messages.push(this.open(state.chatId, state.bytes, access, row));
        next++;
      } else {
        this.logger.warn({ chatId: state.chatId, seq }, 'a message is missing from the store');
        messages.push(missing(state.chatId, seq));
      }
    }
    this.collections.count(rows.length);
    return messages;
  }

  private rows(chatId: string, ref: number, from: number, to: number): StoredMessage[] {
    try {
      return this.repository.range(ref, from, to);
    } catch (error) {
      if (!isDamaged(error)) throw error;
      this.logger.error({ err: error, chatId }, 'the message store is damaged');
      return this.repository.readable(ref, from, to);
    }
  }

  private open(chatId: string, chatBytes: Buffer, access: ChatAccess, row: StoredMessage): Message {
    if (row.sealed === null && row.deleted_at !== null) return describe(chatId, row);
    try {
      if (row.sealed === null || row.deleted_at !== null) throw new OpenError();
      const text = openMessage(
        access.messageKey,
        {
          chatId: chatBytes,
          messageId: row.id,
          senderId: row.sender_id,
          clientMessageId: row.client_id,
          seq: row.seq,
          sentAt: row.sent_at,
        },
        row.sealed,
      );
      return describe(chatId, row, text);
    } catch (error) {
      if (!(error instanceof OpenError)) throw error;
      const message = describe(chatId, row);
      this.logger.warn({ chatId, messageId: message.id, seq: row.seq }, 'a stored message does not open');
      return { ...message, deletedAt: null, damaged: true };
    }
  }

  /**
   * Erases the text of one's own message for everybody; a tombstone stays. Its bytes leave the disk within 5 s.
   * @throws {Refusal} CHAT_NOT_FOUND, MESSAGE_NOT_FOUND
   */
  async delete(userId: string, chatId: string, messageId: string): Promise<Message> {
    const access = await this.enter(userId, chatId);
    // Noted first: whatever dies after the wipe, its bytes do not come back with an older backup.
    if (this.own(userId, chatId, messageId).deleted_at === null)
      await this.ledger.note('message', [messageId]);
    const { message, fresh } = await this.queue
      .transaction(() => {
        if (this.writer.isClosed(chatId)) throw new Refusal('CHAT_NOT_FOUND');
        return this.wipe(userId, chatId, messageId);
      })
      .catch((error: unknown) => {
        // What was counted for a wipe that was rolled back is read anew.
        this.states.drop(chatId);
        throw error;
      });
    if (fresh) {
      this.truncation.request();
      this.fanOut.emit(access.memberIds, 'message:deleted', { message });
    }
    return message;
  }

  /** One's own message, or what is left of it. */
  private own(userId: string, chatId: string, messageId: string): StoredMessage {
    const { ref } = this.states.get(chatId);
    const id = uuidToBytes(messageId);
    const row = ref === undefined ? undefined : this.repository.bySeq(ref, seqOfMessageId(id));
    if (!row || !row.id.equals(id) || bytesToUuid(row.sender_id) !== userId)
      throw new Refusal('MESSAGE_NOT_FOUND');
    return row;
  }

  private wipe(userId: string, chatId: string, messageId: string): { message: Message; fresh: boolean } {
    const state = this.states.get(chatId);
    const row = this.own(userId, chatId, messageId);
    if (row.deleted_at !== null) return { message: describe(chatId, row), fresh: false };
    const deletedAt = Date.now();
    this.states.erase(state, row, deletedAt);
    return { message: describe(chatId, { ...row, deleted_at: deletedAt }), fresh: true };
  }

  /** What lies on the disk of a chat: sealed bytes of its last messages, never a key. */
  async stored(userId: string, chatId: string): Promise<StoredChat> {
    const access = await this.enter(userId, chatId);
    const state = this.states.get(chatId);
    const rows =
      state.ref === undefined
        ? []
        : this.rows(chatId, state.ref, state.lastSeq - LIMITS.storedMessages + 1, state.lastSeq);
    return {
      key: { version: access.keyVersion, wrappedBytes: access.wrappedBytes, file: 'chat.db' },
      messages: rows.flatMap((row) => {
        if (row.sealed === null) return [];
        const { version, nonce, sealed, tag } = splitSealed(row.sealed);
        const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
        return [
          {
            seq: row.seq,
            version,
            nonce: base64(nonce),
            sealed: base64(sealed),
            tag: base64(tag),
            file: 'gateway.db',
          },
        ];
      }),
    };
  }
}
