import type { EventPayload, EventSubject } from '@app/contracts/bus';
import type { Activity, ActivityType } from '@app/contracts/edge';

/**
 * How many of those who left a chat are listed, the latest: a holder of the key could join and leave under ever new
 * names, and without a limit the members' chat list would exceed the size of a bus message.
 */
export const FORMER_MEMBERS_LISTED = 200;

/** A chat as it is stored, with its members and the latest of those who left. Times are milliseconds since 1970. */
export interface StoredChat {
  readonly id: string;
  readonly sealedName: Buffer | null;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly wrappedKey: Buffer;
  /** After how many seconds its messages disappear, or null. */
  readonly messageTtl: number | null;
  /** Those who joined first in front. */
  readonly members: readonly { readonly userId: string; readonly joinedAt: number }[];
  /** At most 200, those who left first in front. */
  readonly formerMembers: readonly { readonly userId: string; readonly leftAt: number }[];
}

/** A chat's key, wrapped by a version of the master key. */
export interface StoredKey {
  readonly chatId: string;
  /** The version of the master key. */
  readonly keyVersion: number;
  /** By which the chat of a key is found. */
  readonly lookup: Buffer;
  readonly wrappedKey: Buffer;
}

/** A chat that was erased. */
export interface Erasure {
  readonly chatId: string;
  /** Who was in it when the deletion began. */
  readonly memberIds: readonly string[];
  readonly keyDestroyedAt: number;
}

/** Something a user did that they may want to look up later. */
export interface ActivityEvent {
  readonly userId: string;
  readonly type: Extract<ActivityType, 'key-revealed' | 'chat-deleted'>;
  readonly sessionId: string | null;
  readonly chatId: string;
  readonly at: number;
}

/** Reads chats. */
export interface ChatReader {
  find(chatId: string): Promise<StoredChat | undefined>;
  /** Lists a user's chats with an id above one, by id. */
  listByUser(userId: string, after: string, limit: number): Promise<StoredChat[]>;
}

/** Reads and writes chats. */
export interface ChatRepository extends ChatReader {
  /** Adds a chat without a name. */
  insert(chatId: string, createdBy: string, createdAt: number): Promise<void>;
  setName(chatId: string, sealedName: Buffer): Promise<void>;
  /** @param messageTtl seconds, or null */
  setMessageTtl(chatId: string, messageTtl: number | null): Promise<void>;
  /** Deletes a chat, whose members and key are deleted before. */
  delete(chatId: string): Promise<void>;
}

/** Reads who is in which chat. */
export interface MemberReader {
  has(chatId: string, userId: string): Promise<boolean>;
  /** Returns the ids of a chat's members, those who joined first in front. */
  idsOf(chatId: string): Promise<string[]>;
  /** Lists those who share a chat with a user, with an id above one, by id. */
  peersOf(userId: string, after: string, limit: number): Promise<string[]>;
  /** Lists all who are in some chat, with an id above one, by id. */
  listAll(after: string, limit: number): Promise<string[]>;
}

/** Reads and writes who is in which chat, and who was. */
export interface MemberRepository extends MemberReader {
  /** Counts a user's chats up to a limit. */
  countChats(userId: string, limit: number): Promise<number>;
  /** Lists the ids of the first chats of a user. */
  chatsOf(userId: string, limit: number): Promise<string[]>;
  /** Adds a member, who is no former member then. */
  add(chatId: string, userId: string, joinedAt: number): Promise<void>;
  /** Removes a member, who is a former member then. */
  remove(chatId: string, userId: string, leftAt: number): Promise<void>;
  /** Deletes a chat's members and former members. */
  deleteByChat(chatId: string): Promise<void>;
}

/** What a member needs to read and write a chat's messages. */
export interface StoredAccess {
  readonly wrappedKey: Buffer;
  readonly memberIds: readonly string[];
  readonly messageTtl: number | null;
}

/** Reads wrapped chat keys. */
export interface ChatKeyReader {
  /** Finds the chat of a key by the first of these lookups that is stored. */
  findChat(lookups: readonly Buffer[]): Promise<string | undefined>;
  findWrapped(chatId: string): Promise<Buffer | undefined>;
  /** Reads a chat's key, members and timer at one moment. */
  findAccess(chatId: string): Promise<StoredAccess | undefined>;
}

/** Reads and writes wrapped chat keys. */
export interface ChatKeyRepository extends ChatKeyReader {
  insert(key: StoredKey): Promise<void>;
  /** Stores a key that another version of the master key wraps. */
  replace(key: StoredKey): Promise<void>;
  /** Lists keys that other versions wrap, of chats with an id above one, by id. */
  listOtherVersions(
    version: number,
    after: string,
    limit: number,
  ): Promise<Pick<StoredKey, 'chatId' | 'wrappedKey'>[]>;
  delete(chatId: string): Promise<void>;
}

/** Reads which master keys the store has been used with. */
export interface MasterKeyReader {
  /** Returns the versions that wrap at least one chat key. */
  versionsInUse(): Promise<number[]>;
  /** Returns the check bytes of every known version. */
  checks(): Promise<Map<number, Buffer>>;
}

/** Reads and writes which master keys the store has been used with. */
export interface MasterKeyRepository extends MasterKeyReader {
  /** Adds a version, unless it is known. */
  addCheck(version: number, check: Buffer): Promise<void>;
  countOlder(version: number): Promise<number>;
  deleteOlder(version: number): Promise<void>;
  /** Deletes the check bytes of every version. */
  deleteChecks(): Promise<void>;
}

/** Reads which chats were erased. */
export interface ErasureReader {
  /** Lists the erased chats of which bytes may still be in the store's files. */
  listUnscrubbed(): Promise<string[]>;
}

/** Reads and writes which chats were erased within the last 24 h. */
export interface ErasureRepository extends ErasureReader {
  find(chatId: string): Promise<Erasure | undefined>;
  insert(erasure: Erasure): Promise<void>;
  setScrubbed(chatIds: readonly string[]): Promise<void>;
  /** Deletes scrubbed erasures older than 24 h, up to a limit. Returns how many. */
  deleteOld(limit: number): Promise<number>;
}

/** Reads what users did. */
export interface ActivityReader {
  /** Lists a user's events, newest first. */
  list(userId: string): Promise<Activity[]>;
}

/** Reads and writes what users did: the latest 200 events of each. */
export interface ActivityRepository extends ActivityReader {
  add(event: ActivityEvent): Promise<void>;
  deleteByUser(userId: string): Promise<void>;
}

/** Who deleted their account within the last 24 h: a call of theirs that was under way may join no chat. */
export interface DeletedUserRepository {
  has(userId: string): Promise<boolean>;
  /** Adds a user, and deletes some of those who were added more than 24 h ago. */
  add(userId: string): Promise<void>;
}

/** The repositories of one transaction; worth nothing after its end. */
export interface ChatTransaction {
  readonly chats: ChatRepository;
  readonly members: MemberRepository;
  readonly keys: ChatKeyRepository;
  readonly masterKeys: MasterKeyRepository;
  readonly erasures: ErasureRepository;
  readonly activity: ActivityRepository;
  readonly deletedUsers: DeletedUserRepository;
  /** Stores an event that other services confirm; `Outbox.deliver` sends it after the commit. */
  addEvent<S extends EventSubject>(subject: S, payload: EventPayload<S>): Promise<void>;
}

/** The batches of one long work: each is a transaction of at most 25 ms, and others' calls run between two. */
export interface Batches {
  /** Runs one batch. @param work is given how many rows it may touch; otherwise as the work of a transaction */
  run<T>(work: (transaction: ChatTransaction, rows: number) => Promise<T>): Promise<T>;
}

/** What the chat service stores, whatever the engine. Everything is written in a transaction. */
export abstract class ChatStore {
  abstract readonly chats: ChatReader;
  abstract readonly members: MemberReader;
  abstract readonly keys: ChatKeyReader;
  abstract readonly masterKeys: MasterKeyReader;
  abstract readonly erasures: ErasureReader;
  abstract readonly activity: ActivityReader;

  /**
   * Runs work in one transaction, as if nothing else ran; what it throws rolls everything back.
   * @param work must await nothing but the transaction; an engine may run it again
   */
  abstract transaction<T>(work: (transaction: ChatTransaction) => Promise<T>): Promise<T>;

  /** Begins a long work. */
  abstract batches(): Batches;

  /**
   * Removes every byte of what was deleted before the call from the store's files.
   * @throws when that is not possible now; the caller tries again
   */
  abstract scrub(): Promise<void>;

  /** Whether the disk takes writes. */
  abstract takesWrites(): Promise<boolean>;
}
