import type { SqliteHandle } from '@app/platform';
import type { MemberRepository } from '../chat-store.js';
import type { RunQuery } from './query.js';

interface UserRow {
  readonly user_id: string;
}

/** The tables of members and former members. */
export class SqliteMemberRepository implements MemberRepository {
  private readonly statements;

  constructor(
    handle: SqliteHandle,
    private readonly query: RunQuery,
  ) {
    this.statements = {
      has: handle.prepare<[string, string], { found: 1 }>(
        'SELECT 1 AS found FROM members WHERE chat_id = ? AND user_id = ?',
      ),
      ids: handle.prepare<[string], UserRow>(
        'SELECT user_id FROM members WHERE chat_id = ? ORDER BY joined_at, rowid',
      ),
      countChats: handle.prepare<[string, number], { count: number }>(
        'SELECT count(*) AS count FROM (SELECT 1 FROM members WHERE user_id = ? LIMIT ?)',
      ),
      chatsOf: handle.prepare<[string, number], { chat_id: string }>(
        'SELECT chat_id FROM members WHERE user_id = ? ORDER BY chat_id LIMIT ?',
      ),
      peers: handle.prepare<[string, string, string, number], UserRow>(
        `SELECT DISTINCT others.user_id FROM members own JOIN members others ON others.chat_id = own.chat_id
          WHERE own.user_id = ? AND others.user_id <> ? AND others.user_id > ? ORDER BY others.user_id LIMIT ?`,
      ),
      all: handle.prepare<[string, number], UserRow>(
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
      deleteMembers: handle.prepare<[string]>('DELETE FROM members WHERE chat_id = ?'),
      deleteFormer: handle.prepare<[string]>('DELETE FROM former_members WHERE chat_id = ?'),
    };
  }

  has(chatId: string, userId: string): Promise<boolean> {
    return this.query(() => this.statements.has.get(chatId, userId) !== undefined);
  }

  idsOf(chatId: string): Promise<string[]> {
    return this.query(() => this.statements.ids.all(chatId).map(({ user_id }) => user_id));
  }

  countChats(userId: string, limit: number): Promise<number> {
    return this.query(() => this.statements.countChats.get(userId, limit)?.count ?? 0);
  }

  chatsOf(userId: string, limit: number): Promise<string[]> {
    return this.query(() => this.statements.chatsOf.all(userId, limit).map(({ chat_id }) => chat_id));
  }

  peersOf(userId: string, after: string, limit: number): Promise<string[]> {
    return this.query(() =>
      this.statements.peers.all(userId, userId, after, limit).map(({ user_id }) => user_id),
    );
  }

  listAll(after: string, limit: number): Promise<string[]> {
    return this.query(() => this.statements.all.all(after, limit).map(({ user_id }) => user_id));
  }

  add(chatId: string, userId: string, joinedAt: number): Promise<void> {
    return this.query(() => {
      this.statements.removeFormer.run(chatId, userId);
      this.statements.add.run(chatId, userId, joinedAt);
    });
  }

  remove(chatId: string, userId: string, leftAt: number): Promise<void> {
    return this.query(() => {
      this.statements.remove.run(chatId, userId);
      this.statements.addFormer.run(chatId, userId, leftAt);
    });
  }

  deleteByChat(chatId: string): Promise<void> {
    return this.query(() => {
      this.statements.deleteMembers.run(chatId);
      this.statements.deleteFormer.run(chatId);
    });
  }
}
