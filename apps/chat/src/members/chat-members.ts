import { Injectable } from '@nestjs/common';
import { LIMITS } from '@app/contracts/edge';
import { Refusal, sqliteHandle } from '@app/platform';
import { DataSource } from 'typeorm';

/**
 * How many of those who left a chat are listed, the latest: whoever has the key could come and go under ever new
 * names, and a list without an end would make the other members' chat list too large for the bus.
 */
export const FORMER_MEMBERS_LISTED = 200;

/** Someone in a chat now. */
export interface MemberRow {
  readonly chat_id: string;
  readonly user_id: string;
  readonly joined_at: number;
}

/** Someone who left a chat. */
export interface FormerMemberRow {
  readonly chat_id: string;
  readonly user_id: string;
  readonly left_at: number;
}

/** Who is in which chat, and who was. Whatever writes is called within a transaction. */
@Injectable()
export class ChatMembers {
  private readonly statements;

  constructor(dataSource: DataSource) {
    const handle = sqliteHandle(dataSource);
    this.statements = {
      has: handle.prepare<[string, string], { found: 1 }>(
        'SELECT 1 AS found FROM members WHERE chat_id = ? AND user_id = ?',
      ),
      ids: handle.prepare<[string], { user_id: string }>(
        'SELECT user_id FROM members WHERE chat_id = ? ORDER BY joined_at, rowid',
      ),
      countOf: handle.prepare<[string, number], { count: number }>(
        'SELECT count(*) AS count FROM (SELECT 1 FROM members WHERE user_id = ? LIMIT ?)',
      ),
      chatsOf: handle.prepare<[string, number], { chat_id: string }>(
        'SELECT chat_id FROM members WHERE user_id = ? ORDER BY chat_id LIMIT ?',
      ),
      of: handle.prepare<[string], MemberRow>(
        `SELECT chat_id, user_id, joined_at FROM members
          WHERE chat_id IN (SELECT value FROM json_each(?)) ORDER BY joined_at, rowid`,
      ),
      formerOf: handle.prepare<[string, number], FormerMemberRow>(
        `SELECT chat_id, user_id, left_at FROM
          (SELECT chat_id, user_id, left_at,
              row_number() OVER (PARTITION BY chat_id ORDER BY left_at DESC, rowid DESC) AS place
            FROM former_members WHERE chat_id IN (SELECT value FROM json_each(?)))
          WHERE place <= ? ORDER BY chat_id, place DESC`,
      ),
      peers: handle.prepare<[string, string, string, number], { user_id: string }>(
        `SELECT DISTINCT others.user_id FROM members own JOIN members others ON others.chat_id = own.chat_id
          WHERE own.user_id = ? AND others.user_id <> ? AND others.user_id > ? ORDER BY others.user_id LIMIT ?`,
      ),
      everybody: handle.prepare<[string, number], { user_id: string }>(
        'SELECT DISTINCT user_id FROM members WHERE user_id > ? ORDER BY user_id LIMIT ?',
      ),
      add: handle.prepare<[string, string, number]>(
        'INSERT INTO members (chat_id, user_id, joined_at) VALUES (?, ?, ?)',
      ),
      remove: handle.prepare<[string, string]>('DELETE FROM members WHERE chat_id = ? AND user_id = ?'),
      addFormer: handle.prepare<[string, string, number]>(
        'INSERT OR REPLACE INTO former_members (chat_id, user_id, left_at) VALUES (?, ?, ?)',
      ),
      removeFormer: handle.prepare<[string, string]>(
        'DELETE FROM former_members WHERE chat_id = ? AND user_id = ?',
      ),
      eraseMembers: handle.prepare<[string]>('DELETE FROM members WHERE chat_id = ?'),
      eraseFormer: handle.prepare<[string]>('DELETE FROM former_members WHERE chat_id = ?'),
    };
  }

  /**
   * The one check of every call on a chat.
   * @throws {Refusal} CHAT_NOT_FOUND for anyone but a member, alike whether there is such a chat
   */
  require(chatId: string, userId: string): void {
    if (!this.has(chatId, userId)) throw new Refusal('CHAT_NOT_FOUND');
  }

  /** Whether a user is in a chat. */
  has(chatId: string, userId: string): boolean {
    return this.statements.has.get(chatId, userId) !== undefined;
  }

  /** The ids of a chat's members, those who joined first in front. */
  idsOf(chatId: string): string[] {
    return this.statements.ids.all(chatId).map(({ user_id }) => user_id);
  }

  /**
   * Checks that a user may have one more chat.
   * @throws {Refusal} LIMIT_REACHED
   */
  requireRoom(userId: string): void {
    const max = LIMITS.chatsPerUser;
    if ((this.statements.countOf.get(userId, max)?.count ?? 0) >= max) throw new Refusal('LIMIT_REACHED');
  }

  /** The first so many chats that a user is in, by id. */
  chatsOf(userId: string, limit: number): string[] {
    return this.statements.chatsOf.all(userId, limit).map(({ chat_id }) => chat_id);
  }

  /** The members of several chats, those who joined first in front. */
  of(chatIds: readonly string[]): MemberRow[] {
    return this.statements.of.all(JSON.stringify(chatIds));
  }

  /** The latest 200 who left each of several chats, those who left first in front. */
  formerOf(chatIds: readonly string[]): FormerMemberRow[] {
    return this.statements.formerOf.all(JSON.stringify(chatIds), FORMER_MEMBERS_LISTED);
  }

  /** The first so many of those who share a chat with a user, with an id above one, by id. */
  peersOf(userId: string, after: string, limit: number): string[] {
    return this.statements.peers.all(userId, userId, after, limit).map(({ user_id }) => user_id);
  }

  /** The first so many of all who are in some chat, with an id above one, by id. */
  everybody(after: string, limit: number): string[] {
    return this.statements.everybody.all(after, limit).map(({ user_id }) => user_id);
  }

  /** Takes a user in; who had left is no former member any more. */
  add(chatId: string, userId: string, at: number): void {
    this.statements.removeFormer.run(chatId, userId);
    this.statements.add.run(chatId, userId, at);
  }

  /** Takes a user out; they are remembered as a former member. */
  remove(chatId: string, userId: string, at: number): void {
    this.statements.remove.run(chatId, userId);
    this.statements.addFormer.run(chatId, userId, at);
  }

  /** Erases who is and was in a chat. */
  eraseChat(chatId: string): void {
    this.statements.eraseMembers.run(chatId);
    this.statements.eraseFormer.run(chatId);
  }
}
