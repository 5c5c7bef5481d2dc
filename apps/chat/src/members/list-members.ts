import { Injectable } from '@nestjs/common';
import type { Reply } from '@app/contracts/bus';
import { ChatStore } from '../store/chat-store.js';

/** How many users one page of peers names: it fits into a NATS message as a page of chats does. */
const PEERS_PER_PAGE = 4_000;

/** How many users one page of members names: as many as one request to auth may name. */
const MEMBERS_PER_PAGE = 200;

/** Lists users by the chats they are in. */
@Injectable()
export class MemberListing {
  constructor(private readonly store: ChatStore) {}

  /** Returns a page of those who share a chat with a user. */
  async peersOf(userId: string, after: string | null): Promise<Reply<'chat.peers'>> {
    const userIds = await this.store.members.peersOf(userId, after ?? '', PEERS_PER_PAGE + 1);
    return { userIds: userIds.slice(0, PEERS_PER_PAGE), hasMore: userIds.length > PEERS_PER_PAGE };
  }

  /** Returns a page of all who are in some chat. */
  async all(after: string | null): Promise<Reply<'chat.members.list'>> {
    const userIds = await this.store.members.listAll(after ?? '', MEMBERS_PER_PAGE + 1);
    return { userIds: userIds.slice(0, MEMBERS_PER_PAGE), hasMore: userIds.length > MEMBERS_PER_PAGE };
  }
}
