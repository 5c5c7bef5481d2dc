import { Inject, Injectable } from '@nestjs/common';
import { MAX_SEALS_PER_KEY, sealMessage, uuidToBytes } from '@app/crypto';
import {
  LOGGER,
  LruMap,
  ApiError,
  Telemetry,
  unavailable,
  validationFailed,
  WriteQueue,
  yieldToEventLoop,
  type Counter,
  type Histogram,
} from '@app/platform';
import type { KeyObject } from 'node:crypto';
import type { Logger } from 'pino';
import { ChatStates, type ChatState, type Mark } from './chat-state.js';
import { messageId, seqOfMessageId } from '../../message-id.js';
import { contextOf } from '../../message-view.js';
import { MessageRepository } from './message.repository.js';
import type { MessageRow } from './stored-state.js';

/** How many messages, and how many changes, one commit takes at most. */
const MAX_BATCH = 200;
const MAX_CHANGES = 20;

/** How many messages may wait for a commit; beyond it a send is refused, to be repeated. */
const MAX_WAITING = 20_000;

/** How often marks are written when no message takes them along, in milliseconds. */
const MARKS_INTERVAL_MS = 250;

/** How many erased chats and deleted users are remembered: long after them, their access has ended everywhere. */
const MAX_REMEMBERED = 10_000;

/** A message to be stored. */
export interface Send {
  readonly chatId: string;
  readonly memberIds: readonly string[];
  readonly messageKey: KeyObject;
  readonly senderId: string;
  readonly clientMessageId: string;
  readonly text: string;
  readonly replyTo: string | null;
  readonly messageTtl: number | null;
  /** Asked right before the message is stored; what it returns refuses the message. */
  readonly refusal: () => ApiError | undefined;
  /** Called after the commit, in seq order within a chat. `repeat` when this client id was stored before. */
  readonly stored: (message: MessageRow, repeat: boolean) => void;
  readonly failed: (error: unknown) => void;
}

/** A change of stored messages: `work` runs within the transaction, `committed` right after its commit. */
interface Change {
  readonly chatIds: readonly string[];
  readonly work: () => () => void;
  readonly failed: (error: unknown) => void;
}

/** A member's mark to be moved. */
interface MarkMove {
  readonly chatId: string;
  readonly userId: string;
  readonly kind: 'delivered' | 'read';
  readonly seq: number;
  readonly moved: (mark: Mark, changed: boolean) => void;
  readonly failed: (error: unknown) => void;
}

/** What one transaction takes. */
interface Batch {
  readonly sends: readonly Send[];
  readonly changes: readonly Change[];
  readonly moves: readonly MarkMove[];
}

const NOTHING: Batch = { sends: [], changes: [], moves: [] };

/**
 * Writes to the message store: everything that waits when a batch begins is committed together (group commit),
 * and each chat's seq is assigned here, so it has no gaps. A chat that is being erased is closed here, so that nothing that
 * waits is stored after the erasure.
 */
@Injectable()
export class MessageWriter {
  private sends: Send[] = [];
  private changes: Change[] = [];
  private moves: MarkMove[] = [];
  private scheduled = false;
  private marksTimer: NodeJS.Timeout | undefined;
  private marksWrittenAt = 0;
  private readonly closedChats = new LruMap<string, true>(MAX_REMEMBERED);
  private readonly deletedUsers = new LruMap<string, true>(MAX_REMEMBERED);
  /** What the transaction under way has taken, until it is answered. */
  private batch: Batch = NOTHING;
  private readonly messages: Counter;
  private readonly batchSizes: Histogram;

  constructor(
    private readonly queue: WriteQueue,
    private readonly repository: MessageRepository,
    private readonly states: ChatStates,
    @Inject(LOGGER) private readonly logger: Logger,
    telemetry: Telemetry,
  ) {
    this.messages = telemetry.counter('messages_total', 'Messages by what became of them.', 'result');
    this.batchSizes = telemetry.histogram(
      'commit_messages',
      'Messages that one commit took.',
      [1, 2, 5, 10, 20, 50, 100, 200],
    );
  }

  /** How many messages and marks wait for a commit. */
  get waiting(): { readonly messages: number; readonly marks: number } {
    return { messages: this.sends.length, marks: this.moves.length };
  }

  /** Takes a message for the next commit. */
  send(send: Send): void {
    if (this.sends.length >= MAX_WAITING) {
      send.failed(unavailable());
      return;
    }
    this.sends.push(send);
    this.schedule();
  }

  /**
   * Changes stored messages with the next commit, after the messages that it takes.
   * @param chatIds the chats whose messages change
   * @param work must not await; what it returns is called right after the commit, in the order of the commits. Before it
   *   has written anything it may throw a `ApiError`, which refuses this change alone
   */
  change(chatIds: readonly string[], work: () => () => void, failed: (error: unknown) => void): void {
    if (this.changes.length >= MAX_WAITING) {
      failed(unavailable());
      return;
    }
    this.changes.push({ chatIds, work, failed });
    this.schedule();
  }

  /**
   * Moves how far a member has received or read; it rides on the next batch of messages, or is written within
   * 250 ms.
   * @returns the member's marks after the commit, and whether anything changed
   */
  move(
    chatId: string,
    userId: string,
    kind: 'delivered' | 'read',
    seq: number,
  ): Promise<{ mark: Mark; changed: boolean }> {
    return new Promise((done, failed) => {
      if (this.moves.length >= MAX_WAITING) {
        failed(unavailable());
        return;
      }
      this.moves.push({
        chatId,
        userId,
        kind,
        seq,
        moved: (mark, changed) => done({ mark, changed }),
        failed,
      });
      if (this.scheduled || this.marksTimer) return;
      const wait = this.marksWrittenAt + MARKS_INTERVAL_MS - Date.now();
      if (wait <= 0 || wait > MARKS_INTERVAL_MS) this.schedule();
      else this.marksTimer = setTimeout(() => this.schedule(), wait);
    });
  }

  /** Lets nothing more into a chat. */
  close(chatId: string): void {
    this.closedChats.set(chatId, true);
  }

  /** Opens a chat again whose erasure was refused. */
  reopen(chatId: string): void {
    this.closedChats.delete(chatId);
  }

  /** Whether a chat is closed. */
  isClosed(chatId: string): boolean {
    return this.closedChats.get(chatId) === true;
  }

  /**
   * Checks that a user may still write to a chat.
   * @throws {ApiError} CHAT_NOT_FOUND where it is closed, UNAUTHENTICATED for a deleted user
   */
  requireOpen(chatId: string, userId: string): void {
    if (this.isClosed(chatId)) throw new ApiError('CHAT_NOT_FOUND');
    if (this.deletedUsers.get(userId)) throw new ApiError('UNAUTHENTICATED');
  }

  /** Deletes the receipts of someone who left a chat: should they join again, they begin at 0. */
  async deleteReceipts(chatId: string, userId: string): Promise<void> {
    try {
      await this.queue.batch(() => this.states.leave(chatId, userId));
    } catch (error) {
      this.states.evict(chatId);
      throw error;
    }
  }

  /** Lets nothing more of a deleted user in. */
  refuse(userId: string): void {
    this.deletedUsers.set(userId, true);
  }

  /** Resolves when all that waits has been committed and answered. */
  async drain(): Promise<void> {
    while (this.sends.length + this.changes.length + this.moves.length > 0) {
      this.schedule();
      await yieldToEventLoop();
      await this.queue.drain();
    }
    await yieldToEventLoop();
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    // After the events of this iteration of the event loop, so that all that arrived together commits together.
    setImmediate(() => {
      this.queue
        .transaction(() => this.writeBatch())
        .then(
          (after) => after(),
          (error: unknown) => this.fail(error),
        );
    });
  }

  /** Runs within the transaction; gives what is to be done after the commit. */
  private writeBatch(): () => void {
    this.scheduled = false;
    clearTimeout(this.marksTimer);
    this.marksTimer = undefined;
    const sends = this.sends.splice(0, MAX_BATCH);
    const changes = this.changes.splice(0, MAX_CHANGES);
    const moves = this.moves;
    this.moves = [];
    this.batch = { sends, changes, moves };
    if (this.sends.length + this.changes.length > 0) this.schedule();
    const touched = new Set<ChatState>();
    const results = sends.map((send) => this.write(send, touched));
    for (const state of touched) this.states.saveHead(state);
    const changed = changes.map((change) => this.apply(change));
    const moved = moves.map((move) => this.writeMove(move));
    if (moves.length > 0) this.marksWrittenAt = Date.now();
    return () => {
      this.batch = NOTHING;
      if (sends.length > 0) this.batchSizes.observe(sends.length);
      sends.forEach((send, i) => {
        const result = results[i];
        const refused = result instanceof ApiError || !result;
        this.messages.inc(refused ? 'refused' : result.repeat ? 'repeated' : 'stored');
        this.answer(() => (refused ? send.failed(result) : send.stored(result.message, result.repeat)));
      });
      for (const committed of changed) this.answer(committed);
      moves.forEach((move, i) => {
        const result = moved[i];
        this.answer(() =>
          result ? move.moved(result.mark, result.changed) : move.failed(new ApiError('CHAT_NOT_FOUND')),
        );
      });
    };
  }

  private apply({ work, failed }: Change): () => void {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return () => failed(error);
    }
  }

  private write(send: Send, touched: Set<ChatState>): { message: MessageRow; repeat: boolean } | ApiError {
    if (this.closedChats.get(send.chatId)) return new ApiError('CHAT_NOT_FOUND');
    if (this.deletedUsers.get(send.senderId)) return new ApiError('UNAUTHENTICATED');
    const refusal = send.refusal();
    if (refusal) return refusal;
    const state = this.states.get(send.chatId);
    const sender = uuidToBytes(send.senderId);
    const client = uuidToBytes(send.clientMessageId);
    if (state.seals >= MAX_SEALS_PER_KEY || state.lastSeq >= MAX_SEALS_PER_KEY - 1)
      return new ApiError(
        'CHAT_FULL',
        'This chat has reached the number of messages that its key may encrypt',
      );
    state.ref ??= this.repository.insertHead(state.bytes);
    const replyTo = send.replyTo === null ? null : uuidToBytes(send.replyTo);
    if (replyTo) {
      // A repeat is answered before what it names is looked at.
      const before = this.repository.byClientId(state.ref, sender, client);
      if (before) return { message: before, repeat: true };
      if (this.repository.bySeq(state.ref, seqOfMessageId(replyTo))?.id.equals(replyTo) !== true)
        return validationFailed([{ field: 'replyTo', message: 'is no message of this chat' }]);
    }
    const seq = state.lastSeq + 1;
    const sentAt = Date.now();
    const row = {
      seq,
      id: messageId(seq, sentAt),
      sender_id: sender,
      client_id: client,
      sent_at: sentAt,
      reply_to: replyTo,
      edited_at: null,
      expires_at: send.messageTtl === null ? null : sentAt + send.messageTtl * 1_000,
      reactions: null,
      first_content: null,
      first_rev: state.lastRev + 1,
    };
    const sealed = sealMessage(send.messageKey, contextOf(state.bytes, row), send.text);
    state.seals++;
    if (!this.repository.insert(state.ref, { ...row, sealed })) {
      const before = this.repository.byClientId(state.ref, sender, client);
      return before ? { message: before, repeat: true } : unavailable();
    }
    if (row.expires_at !== null) this.repository.noteExpiry(state.ref, seq, row.expires_at);
    state.lastSeq = seq;
    state.lastAt = sentAt;
    state.lastRev = row.first_rev;
    touched.add(state);
    this.states.countNew(state, send.senderId, send.memberIds);
    const message = { ...row, row: 0, rev: row.first_rev, deleted_at: null, sealed };
    return { message, repeat: false };
  }

  private writeMove(move: MarkMove): { mark: Mark; changed: boolean } | undefined {
    if (this.closedChats.get(move.chatId)) return undefined;
    const state = this.states.get(move.chatId);
    const mark = this.states.mark(state, move.userId);
    const changed =
      move.kind === 'read'
        ? this.states.moveRead(state, mark, move.seq)
        : this.states.moveDelivered(state, mark, move.seq);
    if (changed) this.states.save(state, mark);
    return { mark, changed };
  }

  /** The batch was rolled back: nothing of it was stored, and the chats' states are read anew. */
  private fail(error: unknown): void {
    const { sends, changes, moves } = this.batch;
    this.batch = NOTHING;
    // A batch that never began (the queue is full, the disk refused BEGIN) leaves what waits to the next one.
    this.scheduled = false;
    for (const { chatId } of [...sends, ...moves]) this.states.evict(chatId);
    for (const chatId of changes.flatMap(({ chatIds }) => chatIds)) this.states.evict(chatId);
    for (const _ of sends) this.messages.inc('refused');
    for (const item of [...sends, ...changes, ...moves]) this.answer(() => item.failed(error));
    if (sends.length + changes.length + moves.length > 0) {
      if (this.sends.length + this.changes.length + this.moves.length > 0) this.schedule();
      return;
    }
    for (const item of [...this.sends.splice(0), ...this.changes.splice(0), ...this.moves.splice(0)])
      this.answer(() => item.failed(error));
  }

  /** Answers one who waits: what their callback throws is logged and keeps no one else from their answer. */
  private answer(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.logger.error({ err: error }, 'an answer could not be given');
    }
  }
}
