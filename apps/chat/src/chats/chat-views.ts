import { Inject, Injectable } from '@nestjs/common';
import type { Reply } from '@app/contracts/bus';
import { LIMITS } from '@app/contracts/edge';
import { OpenError } from '@app/crypto';
import { LOGGER } from '@app/platform';
import type { Logger } from 'pino';
import { ChatKeys } from '../keys/chat-keys.js';
import { ChatMembers } from '../members/chat-members.js';
import type { ChatRow } from './chats.repository.js';

/** A chat as the bus knows it. */
export type BusChat = Reply<'chat.get'>['chat'];

/** Makes what is answered of chats from what is stored of them. */
@Injectable()
export class ChatViews {
  constructor(
    private readonly keys: ChatKeys,
    private readonly members: ChatMembers,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** What is answered of these chats, in their order: two queries, however many there are. */
  of(rows: readonly ChatRow[]): BusChat[] {
    const ids = rows.map(({ id }) => id);
    const members = byChat(this.members.of(ids));
    const former = byChat(this.members.formerOf(ids));
    return rows.map((row) => ({
      id: row.id,
      name: this.name(row),
      createdAt: new Date(row.created_at).toISOString(),
      createdBy: row.created_by,
      capacity: LIMITS.chatCapacity,
      messageTtl: row.message_ttl,
      members: (members.get(row.id) ?? []).map(({ user_id, joined_at }) => ({
        id: user_id,
        joinedAt: new Date(joined_at).toISOString(),
      })),
      formerMembers: (former.get(row.id) ?? []).map(({ user_id, left_at }) => ({
        id: user_id,
        leftAt: new Date(left_at).toISOString(),
      })),
    }));
  }

  /** A name that does not open is no reason to hide the chat. */
  private name(row: ChatRow): string | null {
    if (!row.name_sealed) return null;
    try {
      return this.keys.openName(row.id, row.name_sealed, row.wrapped_key);
    } catch (error) {
      if (!(error instanceof OpenError)) throw error;
      this.logger.warn({ chatId: row.id }, 'the stored name of a chat does not open');
      return null;
    }
  }
}

function byChat<R extends { readonly chat_id: string }>(rows: readonly R[]): Map<string, R[]> {
  const groups = new Map<string, R[]>();
  for (const row of rows) {
    const group = groups.get(row.chat_id);
    if (group) group.push(row);
    else groups.set(row.chat_id, [row]);
  }
  return groups;
}
