import { Injectable } from '@nestjs/common';
import type { Chat, Member, User } from '@app/contracts/edge';
import { inBatches, Refusal } from '@app/platform';
import { AuthClient } from '../../services/auth.client.js';
import { ChatStates, type ChatState } from '../../store/sqlite/chat-state.js';
import { MessagesService } from '../messages/messages.service.js';
import { LastSeen } from '../presence/last-seen.js';
import { ChatsClient, type BusChat, type ChatAccess } from '../../services/chats.client.js';

/** Puts a chat together as one of its members sees it: chat's part, auth's names, this store's messages and marks. */
@Injectable()
export class ChatViews {
  constructor(
    private readonly auth: AuthClient,
    private readonly chats: ChatsClient,
    private readonly messages: MessagesService,
    private readonly states: ChatStates,
    private readonly lastSeen: LastSeen,
  ) {}

  /** One chat for one of its members. */
  async view(userId: string, chat: BusChat): Promise<Chat> {
    const [view] = await this.viewAll(userId, [chat]);
    if (!view) throw new Refusal('CHAT_NOT_FOUND');
    return view;
  }

  /** Chats for one of their members, latest activity first; one that is deleted meanwhile is left out. */
  async viewAll(userId: string, chats: readonly BusChat[]): Promise<Chat[]> {
    const names = await this.auth.usersById(
      chats.flatMap((chat) => [...chat.members, ...chat.formerMembers].map((member) => member.id)),
    );
    await this.chats.learnAccesses(
      userId,
      chats.map(({ id }) => id),
    );
    const entered = await Promise.all(chats.map((chat) => this.enter(userId, chat)));
    const views: { view: Chat; activeAt: number }[] = [];
    await inBatches(entered, (one) => {
      if (one) views.push(this.compose(userId, one.chat, one.access, names));
    });
    return views.sort((a, b) => b.activeAt - a.activeAt).map(({ view }) => view);
  }

  private async enter(
    userId: string,
    chat: BusChat,
  ): Promise<{ chat: BusChat; access: ChatAccess } | undefined> {
    try {
      return { chat, access: await this.messages.enter(userId, chat.id) };
    } catch (error) {
      if (error instanceof Refusal && error.code === 'CHAT_NOT_FOUND') return undefined;
      throw error;
    }
  }

  private compose(
    userId: string,
    chat: BusChat,
    access: ChatAccess,
    names: ReadonlyMap<string, User>,
  ): { view: Chat; activeAt: number } {
    const state = this.states.get(chat.id);
    const own = this.states.mark(state, userId);
    const view: Chat = {
      ...chat,
      members: chat.members.flatMap(({ id, joinedAt }) => {
        const user = names.get(id);
        return user ? [this.member(state, id, user.username, joinedAt)] : [];
      }),
      formerMembers: chat.formerMembers.map(({ id, leftAt }) => ({
        id,
        username: names.get(id)?.username ?? null,
        leftAt,
      })),
      lastSeq: state.lastSeq,
      readSeq: own.read,
      unread: own.unread,
      lastMessage: this.messages.last(chat.id, access),
    };
    return { view, activeAt: Math.max(Date.parse(chat.createdAt), state.lastAt) };
  }

  private member(state: ChatState, id: string, username: string, joinedAt: string): Member {
    const mark = this.states.mark(state, id);
    return {
      id,
      username,
      joinedAt,
      ...this.lastSeen.of(id),
      deliveredSeq: mark.delivered,
      readSeq: mark.read,
    };
  }
}
