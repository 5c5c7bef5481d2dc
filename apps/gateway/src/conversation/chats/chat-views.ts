import { Injectable } from '@nestjs/common';
import type { Chat, User } from '@app/contracts/edge';
import { ApiError } from '@app/platform';
import { AuthClient } from '../../services/auth.client.js';
import { ChatsClient, type BusChat, type ChatAccess } from '../../services/chats.client.js';
import { MessageStore, type ChatHead } from '../../store/message-store.js';
import { LastSeen } from '../live/last-seen.js';
import { MemberAccess } from './member-access.js';

type LastSeenOf = Awaited<ReturnType<LastSeen['of']>>;

/** Composes a chat as one of its members sees it: chat's part, auth's names, the store's messages and receipts. */
@Injectable()
export class ChatViews {
  constructor(
    private readonly auth: AuthClient,
    private readonly chats: ChatsClient,
    private readonly access: MemberAccess,
    private readonly store: MessageStore,
    private readonly lastSeen: LastSeen,
  ) {}

  /** Returns one chat for one of its members. */
  async view(userId: string, chat: BusChat): Promise<Chat> {
    const [view] = await this.viewAll(userId, [chat]);
    if (!view) throw new ApiError('CHAT_NOT_FOUND');
    return view;
  }

  /** Returns chats for one of their members, latest activity first; one that is deleted meanwhile is left out. */
  async viewAll(userId: string, chats: readonly BusChat[]): Promise<Chat[]> {
    const names = await this.auth.usersById(
      chats.flatMap((chat) => [...chat.members, ...chat.formerMembers].map((member) => member.id)),
    );
    await this.chats.learnAccesses(
      userId,
      chats.map(({ id }) => id),
    );
    const entered = await Promise.all(chats.map((chat) => this.enter(userId, chat)));
    const open = entered.filter((one) => one !== undefined);
    const heads = await this.store.heads(
      open.map(({ chat, access: { messageKey } }) => ({
        chatId: chat.id,
        messageKey,
        userIds: [userId, ...chat.members.map(({ id }) => id)],
      })),
    );
    const seen = await this.lastSeen.of(open.flatMap(({ chat }) => chat.members.map(({ id }) => id)));
    return open
      .flatMap(({ chat }, i) => {
        const head = heads[i];
        return head ? [{ view: compose(userId, chat, head, names, seen), lastAt: head.lastAt }] : [];
      })
      .map(({ view, lastAt }) => ({ view, activeAt: Math.max(Date.parse(view.createdAt), lastAt) }))
      .sort((a, b) => b.activeAt - a.activeAt)
      .map(({ view }) => view);
  }

  private async enter(
    userId: string,
    chat: BusChat,
  ): Promise<{ chat: BusChat; access: ChatAccess } | undefined> {
    try {
      return { chat, access: await this.access.require(userId, chat.id) };
    } catch (error) {
      if (error instanceof ApiError && error.code === 'CHAT_NOT_FOUND') return undefined;
      throw error;
    }
  }
}

function compose(
  userId: string,
  chat: BusChat,
  { lastSeq, lastRev, lastMessage, receipts }: ChatHead,
  names: ReadonlyMap<string, User>,
  seen: LastSeenOf,
): Chat {
  const own = receipts.get(userId);
  return {
    ...chat,
    sealed: false,
    members: chat.members.flatMap(({ id, joinedAt }) => {
      const user = names.get(id);
      if (!user) return [];
      const { deliveredSeq, readSeq } = receipts.get(id) ?? { deliveredSeq: 0, readSeq: 0 };
      const { online, lastSeenAt } = seen.get(id) ?? { online: false, lastSeenAt: null };
      return [{ id, username: user.username, joinedAt, online, lastSeenAt, deliveredSeq, readSeq }];
    }),
    formerMembers: chat.formerMembers.map(({ id, leftAt }) => ({
      id,
      username: names.get(id)?.username ?? null,
      leftAt,
    })),
    lastSeq,
    lastRev,
    readSeq: own?.readSeq ?? 0,
    unread: own?.unread ?? 0,
    lastMessage,
  };
}
