import { Inject, Injectable } from '@nestjs/common';
import type { Chat } from '@app/contracts/edge';
import { LOGGER, LruMap } from '@app/platform';
import type { Logger } from 'pino';
import { ChatsClient } from '../../services/chats.client.js';
import { Broadcast } from '../live/broadcast.js';
import { ChatViews } from './chat-views.js';

/** How many chats' members are remembered; those of an evicted one count as members whose `chat:joined` was sent. */
const MAX_CHATS = 10_000;

/**
 * Ensures that `chat:joined` reaches the sockets of a user before every other event of that chat. Whoever learns of
 * a new member first (the answer to the join, the event from chat, or another member's access) sends it; what else
 * happens in the chat is held back from that user until then.
 */
@Injectable()
export class Joins {
  /** The members of each chat whose `chat:joined` was sent, or who were there before this process. */
  private readonly members = new LruMap<string, Set<string>>(MAX_CHATS);
  /** How many joins each user has under way here. */
  private readonly underWay = new Map<string, number>();
  private readonly announcing = new Map<string, { promise: Promise<void>; left: boolean }>();

  constructor(
    private readonly broadcast: Broadcast,
    private readonly chats: ChatsClient,
    private readonly views: ChatViews,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    chats.onMembers((chatId, memberIds) => this.observe(chatId, memberIds));
  }

  /** Runs a join of a user, who may be new in any chat meanwhile. */
  async during<T>(userId: string, work: () => Promise<T>): Promise<T> {
    this.underWay.set(userId, (this.underWay.get(userId) ?? 0) + 1);
    try {
      return await work();
    } finally {
      const left = (this.underWay.get(userId) ?? 1) - 1;
      if (left === 0) this.underWay.delete(userId);
      else this.underWay.set(userId, left);
    }
  }

  /** Notes a chat's members, and announces those who are new. */
  private observe(chatId: string, memberIds: readonly string[]): void {
    let known = this.members.get(chatId);
    if (!known) {
      known = new Set(memberIds.filter((id) => !this.underWay.has(id)));
      this.members.set(chatId, known);
    }
    for (const id of memberIds) if (!known.has(id)) void this.announce(chatId, id, []);
  }

  /**
   * Sends `chat:joined` to all sockets of a new member, and then what was held back; once for each time they join.
   * Where the chat cannot be read now, the held events are discarded and the next event tries again.
   * @param others the members who were there before
   */
  announce(chatId: string, userId: string, others: readonly string[]): Promise<void> {
    const key = `${chatId}/${userId}`;
    const running = this.announcing.get(key);
    if (running) return running.promise;
    let known = this.members.get(chatId);
    if (!known) this.members.set(chatId, (known = new Set(others)));
    if (known.has(userId)) return Promise.resolve();
    this.broadcast.hold(userId, chatId);
    const state = { promise: Promise.resolve(), left: false };
    this.announcing.set(key, state);
    state.promise = this.run(chatId, userId, state).finally(() => this.announcing.delete(key));
    return state.promise;
  }

  /** A member left: when they join again they are announced again. */
  left(chatId: string, userId: string): void {
    this.members.get(chatId)?.delete(userId);
    const running = this.announcing.get(`${chatId}/${userId}`);
    if (running) running.left = true;
  }

  private async run(chatId: string, userId: string, state: { left: boolean }): Promise<void> {
    try {
      let chat: Chat;
      do {
        state.left = false;
        chat = await this.views.view(userId, await this.chats.get(userId, chatId));
        // Who left meanwhile may have joined again: the chat is read once more.
      } while (state.left);
      this.members.get(chatId)?.add(userId);
      this.broadcast.emit([userId], 'chat:joined', { chat });
      this.broadcast.release(userId, chatId, true);
    } catch (error) {
      this.broadcast.release(userId, chatId, false);
      this.logger.debug({ err: error, chatId }, 'a new member could not be sent the chat');
    }
  }
}
