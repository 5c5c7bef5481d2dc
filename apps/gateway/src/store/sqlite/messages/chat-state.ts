import { LruMap } from '@app/platform';
import { bytesToUuid, uuidToBytes } from '@app/crypto';
import { reactorsOf } from '../../reactions.js';
import type { MessageRepository } from './message.repository.js';
import type { MessageRow, StoredMark } from './stored-state.js';

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
    /** How many of their own messages are no tombstones; negative where that is not counted. */
    public own: number,
    public counted: number,
    /** Whether the store has them. */
    public stored: boolean,
  ) {}
}

/** `heads.live` of a chat that an earlier version wrote: its authors are not noted yet, or its messages not counted. */
export const NOT_INDEXED = -1;
export const NOT_COUNTED = -2;

/** What is cached of a chat's messages; evicted after every failure, and then read from the store. */
export class ChatState {
  readonly marks = new Map<string, Mark>();

  constructor(
    readonly chatId: string,
    readonly bytes: Buffer,
    public ref: number | undefined,
    public lastSeq: number,
    public lastAt: number,
    public lastRev: number,
    public seals: number,
    /** How many messages are no tombstones; negative where that is not counted. */
    public live: number,
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
      head ? Math.max(head.last_rev, lastSeq) : 0,
      (head?.seals ?? 0) + SEALS_PER_BATCH,
      head && lastSeq === head.last_seq ? head.live : head ? NOT_INDEXED : 0,
    );
    if (head)
      for (const row of this.repository.marks(head.ref)) {
        const mark = this.read(row, head.ref, lastSeq);
        state.marks.set(mark.userId, mark);
      }
    this.states.set(chatId, state);
    return state;
  }

  private read(row: StoredMark, ref: number, lastSeq: number): Mark {
    const { user_id: user, delivered, read, counted } = row;
    const from = row.unread < 0 ? read : Math.max(counted, read);
    const unread = Math.max(0, row.unread) + this.repository.countOthers(ref, user, from, lastSeq);
    const own = row.own < 0 ? row.own : row.own + this.repository.countOwn(ref, user, counted, lastSeq);
    return new Mark(bytesToUuid(user), user, delivered, read, unread, own, counted, true);
  }

  /**
   * The marks of a member; whoever has none begins at 0. No message is read for it.
   * @param upTo the last message that counts so far
   */
  mark(state: ChatState, userId: string, upTo = state.lastSeq): Mark {
    let mark = state.marks.get(userId);
    if (!mark) {
      const bytes = uuidToBytes(userId);
      const { unread, own } = this.countFromStart(state, bytes, upTo);
      state.marks.set(userId, (mark = new Mark(userId, bytes, 0, 0, unread, own, 0, false)));
    }
    return mark;
  }

  private countFromStart(state: ChatState, user: Buffer, upTo: number): { unread: number; own: number } {
    const { ref } = state;
    if (ref === undefined) return { unread: 0, own: 0 };
    // Only in a chat that an earlier version wrote, and once.
    if (state.live === NOT_COUNTED) state.live = this.repository.countAll(ref, 0, upTo);
    if (state.live < 0) return { unread: this.repository.countOthers(ref, user, 0, upTo), own: -1 };
    const former = this.repository.formerOwn(ref, user);
    const own = former < 0 ? this.repository.countOwn(ref, user, 0, upTo) : former;
    return { unread: state.live - own, own };
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
      mark.own,
      state.lastSeq,
    );
    mark.counted = state.lastSeq;
    mark.stored = true;
  }

  /**
   * Counts a new message for its sender and its readers, and writes the counts that have grown old; within a write
   * transaction. Whoever has written has marks in the store: by them an account's messages are found.
   */
  countNew(state: ChatState, senderId: string, memberIds: Iterable<string>): void {
    const author = this.mark(state, senderId, state.lastSeq - 1);
    if (author.own >= 0) author.own++;
    for (const userId of memberIds) {
      const mark = this.mark(state, userId, state.lastSeq - 1);
      if (userId !== senderId) mark.unread++;
      if (state.lastSeq - mark.counted >= RECOUNT_LIMIT) this.save(state, mark);
    }
    if (!author.stored) this.save(state, author);
    if (state.live >= 0) state.live++;
  }

  /** Gives a message the chat's next revision; within a write transaction. @returns the revision */
  change(state: ChatState, seq: number): number {
    state.lastRev++;
    this.repository.noteChange(state.ref ?? 0, seq, state.lastRev);
    this.saveHead(state);
    return state.lastRev;
  }

  /** Writes what is counted of a chat; within a write transaction. */
  saveHead({ ref, lastSeq, lastAt, lastRev, seals, live }: ChatState): void {
    if (ref !== undefined)
      this.repository.updateHead(ref, {
        last_seq: lastSeq,
        last_at: lastAt,
        last_rev: lastRev,
        seals,
        live,
      });
  }

  /** Makes a tombstone of a message in place and counts one less; within a write transaction. @returns its revision */
  erase(state: ChatState, row: MessageRow, deletedAt: number): number {
    const { seq, sender_id } = row;
    if (state.ref === undefined) return state.lastRev;
    const author = this.mark(state, bytesToUuid(sender_id));
    for (const user of reactorsOf(row.reactions)) this.repository.deleteReactor(state.ref, seq, user);
    if (row.expires_at !== null) this.repository.deleteExpiry(state.ref, seq, row.expires_at);
    this.repository.erase(row.row, deletedAt);
    if (author.own > 0) author.own--;
    this.save(state, author);
    for (const mark of state.marks.values()) {
      if (mark === author || mark.read >= seq) continue;
      mark.unread--;
      this.save(state, mark);
    }
    if (state.live > 0) state.live--;
    return this.change(state, seq);
  }

  /**
   * Deletes the receipts of someone who left a chat, within a write transaction: should they join again, they begin at 0.
   * How much they wrote stays known.
   */
  leave(chatId: string, userId: string): void {
    const state = this.get(chatId);
    const mark = state.marks.get(userId);
    if (state.ref === undefined || !mark) return;
    if (mark.own !== 0 || this.repository.formerOwn(state.ref, mark.userBytes) !== 0)
      this.repository.keepFormerOwn(state.ref, mark.userBytes, mark.own);
    this.repository.deleteMark(state.ref, mark.userBytes);
    state.marks.delete(userId);
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

  /** Evicts a chat: the next caller reads the store. */
  evict(chatId: string): void {
    this.states.delete(chatId);
  }

  /** Evicts all chats. */
  clear(): void {
    this.states.clear();
  }
}
