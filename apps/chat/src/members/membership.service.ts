import { Injectable } from '@nestjs/common';
import type { EventPayload, Reply } from '@app/contracts/bus';
import { LIMITS } from '@app/contracts/edge';
import { BatchSize, BusClient, LruMap, Refusal, WriteQueue } from '@app/platform';
import { ActivityLog } from '../activity/activity-log.js';
import { ChatErasure, type Destroyer } from '../chats/chat-erasure.js';
import { ChatsService } from '../chats/chats.service.js';
import { ChatKeys } from '../keys/chat-keys.js';
import { ChatMembers } from './chat-members.js';
import { DeletedUsers } from './deleted-users.js';

/** What taking a user out of a chat costs in a batch, in rows. */
const ROWS_PER_CHAT = 10;

/** How many users one page names, so that it fits into a NATS message as a page of chats does. */
const PEERS_PER_PAGE = 4_000;

/** How many members one page names: as many as auth is asked about at once. */
const MEMBERS_PER_PAGE = 200;

type Access = Omit<Reply<'chat.access'>, 'others'>;
type Left = EventPayload<'event.chat.member.left'>;

/** Takes users into chats and out of them, and says who may enter. */
@Injectable()
export class MembershipService {
  private readonly size = new BatchSize();
  private readonly underWay = new Map<string, Promise<void>>();
  /** Whose deletion is done: its event is repeated until every service has confirmed it. */
  private readonly removed = new LruMap<string, true>(10_000);

  constructor(
    private readonly queue: WriteQueue,
    private readonly bus: BusClient,
    private readonly members: ChatMembers,
    private readonly deleted: DeletedUsers,
    private readonly keys: ChatKeys,
    private readonly activity: ActivityLog,
    private readonly chats: ChatsService,
    private readonly erasure: ChatErasure,
  ) {}

  /**
   * Takes a user into the chat of a key.
   * @throws {Refusal} VALIDATION_FAILED on `key`, CHAT_NOT_FOUND for an unknown key, CHAT_FULL, LIMIT_REACHED,
   * UNAUTHENTICATED for someone who has deleted their account
   */
  async join(userId: string, key: string): Promise<Reply<'chat.join'>> {
    const chatId = this.keys.chatOf(key);
    if (chatId === undefined) throw new Refusal('CHAT_NOT_FOUND');
    const at = Date.now();
    const memberIds = await this.queue.transaction(() => {
      this.deleted.refuse(userId);
      const before = this.members.idsOf(chatId);
      // Without a member there is no chat: it was destroyed while this waited for its turn.
      if (before.length === 0) throw new Refusal('CHAT_NOT_FOUND');
      if (before.includes(userId)) return undefined;
      if (before.length >= LIMITS.chatCapacity) throw new Refusal('CHAT_FULL');
      this.members.requireRoom(userId);
      this.members.add(chatId, userId, at);
      return [...before, userId];
    });
    if (memberIds)
      this.bus.tell('event.chat.member.joined', {
        chatId,
        userId,
        memberIds,
        at: new Date(at).toISOString(),
      });
    return { chat: this.chats.get(chatId, userId), joined: memberIds !== undefined };
  }

  /**
   * Takes a member out; the last one to leave erases the chat.
   * @returns whether it was erased
   * @throws {Refusal} CHAT_NOT_FOUND, SERVICE_UNAVAILABLE while the file cannot be scrubbed
   */
  async leave(chatId: string, userId: string, sessionId: string | null): Promise<boolean> {
    this.members.require(chatId, userId);
    const by = { userId, sessionId, noted: true };
    const left = await this.queue.transaction(() => {
      this.members.require(chatId, userId);
      return this.takeOut(chatId, by);
    });
    if (left) this.bus.tell('event.chat.member.left', left);
    else {
      this.erasure.tell(chatId, by);
      await this.erasure.finish();
    }
    return left === undefined;
  }

  /**
   * Says who the members are and gives the message key, to a member.
   * @throws {Refusal} CHAT_NOT_FOUND
   */
  access(chatId: string, userId: string): Access {
    const memberIds = this.members.idsOf(chatId);
    if (!memberIds.includes(userId)) throw new Refusal('CHAT_NOT_FOUND');
    const { messageKey, keyVersion, wrappedBytes } = this.keys.messageAccess(chatId);
    const messageTtl = this.chats.messageTtl(chatId);
    return { memberIds, messageKey: messageKey.toString('base64'), keyVersion, wrappedBytes, messageTtl };
  }

  /** As `access`, of those of several chats that the user is in. */
  accesses(chatIds: readonly string[], userId: string): (Access & { readonly chatId: string })[] {
    return chatIds
      .filter((chatId) => this.members.has(chatId, userId))
      .map((chatId) => ({ chatId, ...this.access(chatId, userId) }));
  }

  /** A page of those who share a chat with a user. */
  peers(userId: string, after: string | null): Reply<'chat.peers'> {
    const userIds = this.members.peersOf(userId, after ?? '', PEERS_PER_PAGE + 1);
    return { userIds: userIds.slice(0, PEERS_PER_PAGE), hasMore: userIds.length > PEERS_PER_PAGE };
  }

  /** A page of all who are in some chat. */
  everybody(after: string | null): Reply<'chat.members.list'> {
    const userIds = this.members.everybody(after ?? '', MEMBERS_PER_PAGE + 1);
    return { userIds: userIds.slice(0, MEMBERS_PER_PAGE), hasMore: userIds.length > MEMBERS_PER_PAGE };
  }

  /**
   * Does this service's part of an account's deletion, once at a time; again does no harm, and finishes what was
   * interrupted.
   */
  removeUser(userId: string): Promise<void> {
    if (this.removed.get(userId)) return Promise.resolve();
    let running = this.underWay.get(userId);
    if (!running) {
      running = this.remove(userId).finally(() => this.underWay.delete(userId));
      this.underWay.set(userId, running);
    }
    return running;
  }

  private async remove(userId: string): Promise<void> {
    // First of all: what comes after it in the queue is refused, what came before is removed below.
    await this.queue.transaction(() => this.deleted.note(userId));
    for (let left: Left[] | undefined = []; left;) {
      left = await this.size.batch(this.queue, (_db, most) => this.takeOutOfSome(userId, most));
      for (const event of left ?? []) this.bus.tell('event.chat.member.left', event);
    }
    await this.queue.transaction(() => this.activity.forget(userId));
    await this.erasure.finish({ ofRowsToo: true });
    this.removed.set(userId, true);
  }

  /** One batch. @returns the events to publish, or undefined when the user was in no chat any more */
  private takeOutOfSome(userId: string, most: number): Left[] | undefined {
    const chatIds = this.members.chatsOf(userId, Math.ceil(most / ROWS_PER_CHAT));
    if (chatIds.length === 0) return undefined;
    const by = { userId, sessionId: null, noted: false };
    return chatIds.flatMap((chatId) => this.takeOut(chatId, by) ?? []);
  }

  /** Takes a member out within a transaction; gives the event to publish, or undefined when the chat is erased. */
  private takeOut(chatId: string, by: Destroyer): Left | undefined {
    const { userId } = by;
    const memberIds = this.members.idsOf(chatId).filter((id) => id !== userId);
    if (memberIds.length === 0) {
      this.erasure.destroy(chatId, by);
      return undefined;
    }
    const at = Date.now();
    this.members.remove(chatId, userId, at);
    return { chatId, userId, memberIds, at: new Date(at).toISOString() };
  }
}
