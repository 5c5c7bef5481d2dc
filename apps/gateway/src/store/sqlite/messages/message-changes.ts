import { Injectable } from '@nestjs/common';
import { LIMITS, type Message } from '@app/contracts/edge';
import { contentDigest, MAX_SEALS_PER_KEY, sealMessage, uuidToBytes } from '@app/crypto';
import { ApiError } from '@app/platform';
import type { MessageChange } from '../../message-store.js';
import { seqOfMessageId } from '../../message-id.js';
import { contextOf } from '../../message-view.js';
import { withoutReaction, withReaction } from '../../reactions.js';
import { ChatStates, type ChatState } from './chat-state.js';
import { History } from './history.js';
import { MessageRepository } from './message.repository.js';
import { MessageWriter } from './message-writer.js';
import type { MessageRow } from './stored-state.js';

/** A message as it is before a change, opened. */
interface Opened {
  readonly state: ChatState;
  readonly ref: number;
  readonly row: MessageRow;
  readonly message: Message;
}

/**
 * Edits messages and sets reactions. A row that would become longer is appended anew, and a blank row stays in its
 * place: SQLite copies the neighbours of a row that grows, and the copies could outlive an erasure.
 */
@Injectable()
export class MessageChanges {
  constructor(
    private readonly writer: MessageWriter,
    private readonly states: ChatStates,
    private readonly repository: MessageRepository,
    private readonly history: History,
  ) {}

  /**
   * Puts another text in the place of a message's.
   * @returns the message after the commit, and whether bytes of the old text are left in the write-ahead log
   * @throws {ApiError} MESSAGE_NOT_FOUND, EDIT_TOO_LATE, CHAT_NOT_FOUND
   */
  edit(change: MessageChange, text: string): Promise<{ message: Message; changed: boolean }> {
    return this.apply(change, ({ state, ref, row, message }) => {
      if (message.senderId !== change.userId) throw new ApiError('MESSAGE_NOT_FOUND');
      if (row.sent_at + LIMITS.editMs < Date.now()) throw new ApiError('EDIT_TOO_LATE');
      if (message.text === text) return false;
      this.countSeal(state);
      const edited = {
        ...row,
        edited_at: Math.max(Date.now(), row.edited_at ?? 0),
        first_content:
          row.first_content ?? contentDigest(change.messageKey, row.id, message.text ?? '', row.reply_to),
      };
      const sealed = sealMessage(change.messageKey, contextOf(state.bytes, edited), text);
      this.repository.replace(ref, { ...edited, sealed });
      return true;
    });
  }

  /**
   * Sets a user's reaction, or removes it.
   * @param emoji null removes it
   * @returns the message after the commit, and whether bytes of an old reaction are left in the write-ahead log
   * @throws {ApiError} MESSAGE_NOT_FOUND, CHAT_NOT_FOUND
   */
  react(change: MessageChange, emoji: string | null): Promise<{ message: Message; changed: boolean }> {
    const user = uuidToBytes(change.userId);
    return this.apply(change, ({ state, ref, row, message }) => {
      const before = message.reactions.find(({ userId }) => userId === change.userId)?.emoji ?? null;
      if (before === emoji) return false;
      if (emoji === null) {
        this.repository.shortenReactions(row.row, withoutReaction(row.reactions, user));
        this.repository.deleteReactor(ref, row.seq, user);
        return true;
      }
      const { sealed } = row;
      if (sealed === null) throw new ApiError('MESSAGE_NOT_FOUND');
      this.countSeal(state);
      const bound = { chatId: state.bytes, messageId: row.id, messageKey: change.messageKey };
      const reactions = withReaction(bound, row.reactions, user, emoji);
      this.repository.replace(ref, { ...row, sealed, reactions });
      this.repository.noteReactor(ref, row.seq, user);
      return true;
    });
  }

  /** @param work changes the row, and returns whether it did */
  private apply(
    change: MessageChange,
    work: (opened: Opened) => boolean,
  ): Promise<{ message: Message; changed: boolean }> {
    return new Promise((done, failed) => {
      const run = (): (() => void) => {
        const opened = this.open(change);
        if (!work(opened)) return () => done({ message: opened.message, changed: false });
        this.states.change(opened.state, opened.row.seq);
        const { message } = this.open(change);
        return () => {
          change.changed(message);
          done({ message, changed: true });
        };
      };
      this.writer.change([change.chatId], run, failed);
    });
  }

  /** @throws {ApiError} where there is no such message, or only what is left of one */
  private open({ userId, chatId, messageKey, messageId }: MessageChange): Opened {
    this.writer.requireOpen(chatId, userId);
    const state = this.states.get(chatId);
    const { ref } = state;
    const id = uuidToBytes(messageId);
    const row = ref === undefined ? undefined : this.repository.bySeq(ref, seqOfMessageId(id));
    if (ref === undefined || !row?.id.equals(id)) throw new ApiError('MESSAGE_NOT_FOUND');
    const message = this.history.open(chatId, state.bytes, messageKey, row);
    if (message.deletedAt !== null || message.damaged) throw new ApiError('MESSAGE_NOT_FOUND');
    return { state, ref, row, message };
  }

  private countSeal(state: ChatState): void {
    if (state.seals >= MAX_SEALS_PER_KEY)
      throw new ApiError('CHAT_FULL', 'This chat has as many messages as its key may seal');
    state.seals++;
  }
}
