import { LruMap } from '@app/platform';
import { bytesToUuid, uuidToBytes } from '@app/crypto';
import type { MessageRepository } from './message.repository.js';

/** How many chats are kept in memory. */
const MAX_CHATS = 10_000;

/**
 * After how many messages a member's count of unread ones is written again, so that no start has more than that
 * to count.
 */
const RECOUNT_LIMIT = 1_000;

/** How many seals one batch can make at most and a crash can leave uncounted. */
const SEALS_PER_BATCH = 200;

/** How far one member received and read. */
export class Mark {
  constructor(
    readonly userId: string,
    readonly userBytes: Buffer,
    public delivered: number,
    public read: number,
    public unread: number,
    public counted: number,
  ) {}
}

/** What is known in memory of a chat's messages. The store is the truth: whatever fails drops it. */
export class ChatState {
  readonly marks = new Map<string, Mark>();

  constructor(
    readonly chatId: string,
    readonly bytes: Buffer,
    public ref: number | undefined,
    public lastSeq: number,
    public lastAt: number,
    public seals: number,
  ) {}
}

/** The chats in memory, read from the store when they are first asked for. */
export class ChatStates {
  private readonly states = new LruMap<string, ChatState>(MAX_CHATS);

  constructor(private readonly repository: MessageRepository) {}

  /** The state of a chat; one that the store does not know yet is empty. */
  get(chatId: string): ChatState {
    const known = this.states.get(chatId);
    if (known) return known;
    const bytes = uuidToBytes(chatId);
    const head = this.repository.head(bytes);
    const lastSeq = head ? Math.max(head.last_seq, this.repository.maxSeq(head.ref)) : 0;
    const state = new ChatState(
      chatId,
      bytes,
      head?.ref,
      lastSeq,
      head?.last_at ?? 0,
      (head?.seals ?? 0) + SEALS_PER_BATCH,
    );
    if (head)
      for (const row of this.repository.marks(head.ref)) {
        const from = row.unread < 0 ? row.read : Math.max(row.counted, row.read);
        const unread =
          Math.max(0, row.unread) + this.repository.countOthers(head.ref, row.user_id, from, lastSeq);
        const mark = new Mark(
          bytesToUuid(row.user_id),
          row.user_id,
          row.delivered,
          row.read,
          unread,
          row.counted,
        );
        state.marks.set(mark.userId, mark);
      }
    this.states.set(chatId, state);
    return state;
  }

  /** The marks of a member; whoever has none begins at 0. */
  mark(state: ChatState, userId: string): Mark {
    let mark = state.marks.get(userId);
    if (!mark) {
      const bytes = uuidToBytes(userId);
      const unread =
        state.ref === undefined ? 0 : this.repository.countOthers(state.ref, bytes, 0, state.lastSeq);
      state.marks.set(userId, (mark = new Mark(userId, bytes, 0, 0, unread, 0)));
    }
    return mark;
  }

  /** Writes a member's marks as they are; only within a write transaction. */
  save(state: ChatState, mark: Mark): void {
    if (state.ref === undefined) return;
    this.repository.upsertMark(
      state.ref,
      mark.userBytes,
      mark.delivered,
      mark.read,
      mark.unread,
      state.lastSeq,
    );
    mark.counted = state.lastSeq;
  }

  /** Counts a new message for its readers, and writes the counts that have grown old; within a write transaction. */
  countNew(state: ChatState, senderId: string, memberIds: Iterable<string>): void {
    for (const userId of memberIds) {
      const mark = this.mark(state, userId);
      if (userId !== senderId) mark.unread++;
      if (state.lastSeq - mark.counted >= RECOUNT_LIMIT) this.save(state, mark);
    }
  }

  /** Moves how far a member has read, never back, never beyond the end; the caller saves it. */
  moveRead(state: ChatState, mark: Mark, seq: number): boolean {
    const target = Math.min(seq, state.lastSeq);
    if (target <= mark.read || state.ref === undefined) return false;
    // Counted on the shorter side, so that reading on is cheap and so is jumping to the end.
    if (state.lastSeq - target < target - mark.read)
      mark.unread = this.repository.countOthers(state.ref, mark.userBytes, target, state.lastSeq);
    else mark.unread -= this.repository.countOthers(state.ref, mark.userBytes, mark.read, target);
    mark.read = target;
    mark.delivered = Math.max(mark.delivered, target);
    return true;
  }

  /** Moves how far a member has received, never back, never beyond the end; the caller saves it. */
  moveDelivered(state: ChatState, mark: Mark, seq: number): boolean {
    const target = Math.min(seq, state.lastSeq);
    if (target <= mark.delivered) return false;
    mark.delivered = target;
    return true;
  }

  /** Forgets a chat: the next one to ask reads the store. */
  drop(chatId: string): void {
    this.states.delete(chatId);
  }

  /** Forgets all chats. */
  clear(): void {
    this.states.clear();
  }
}
