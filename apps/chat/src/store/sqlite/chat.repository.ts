import type { SqliteHandle } from '@app/platform';
import { FORMER_MEMBERS_LISTED, type ChatRepository, type StoredChat } from '../chat-store.js';
import type { RunQuery } from './query.js';

interface ChatRow {
  readonly id: string;
  readonly name_sealed: Buffer | null;
  readonly created_at: number;
  readonly created_by: string;
  readonly wrapped_key: Buffer;
  readonly message_ttl: number | null;
}

interface MemberRow {
  readonly chat_id: string;
  readonly user_id: string;
  readonly joined_at: number;
}

interface FormerMemberRow {
  readonly chat_id: string;
  readonly user_id: string;
  readonly left_at: number;
}

const COLUMNS = 'c.id, c.name_sealed, c.created_at, c.created_by, c.message_ttl, k.wrapped_key';

/** The table of chats, read together with their members. */
export class SqliteChatRepository implements ChatRepository {
  private readonly statements;

  constructor(
    handle: SqliteHandle,
    private readonly query: RunQuery,
  ) {
    this.statements = {
      insert: handle.prepare<[string, number, string]>(
        'INSERT INTO chats (id, created_at, created_by) VALUES (?, ?, ?)',
      ),
      setName: handle.prepare<[Buffer, string]>('UPDATE chats SET name_sealed = ? WHERE id = ?'),
      setMessageTtl: handle.prepare<[number | null, string]>('UPDATE chats SET message_ttl = ? WHERE id = ?'),
      find: handle.prepare<[string], ChatRow>(
        `SELECT ${COLUMNS} FROM chats c JOIN chat_keys k ON k.chat_id = c.id WHERE c.id = ?`,
      ),
      listByUser: handle.prepare<[string, string, number], ChatRow>(
        `SELECT ${COLUMNS} FROM members m JOIN chats c ON c.id = m.chat_id JOIN chat_keys k ON k.chat_id = c.id
          WHERE m.user_id = ? AND m.chat_id > ? ORDER BY m.chat_id LIMIT ?`,
      ),
      members: handle.prepare<[string], MemberRow>(
        `SELECT chat_id, user_id, joined_at FROM members
          WHERE chat_id IN (SELECT value FROM json_each(?)) ORDER BY joined_at, rowid`,
      ),
      formerMembers: handle.prepare<[string, number], FormerMemberRow>(
        `SELECT chat_id, user_id, left_at FROM
          (SELECT chat_id, user_id, left_at,
              row_number() OVER (PARTITION BY chat_id ORDER BY left_at DESC, rowid DESC) AS place
            FROM former_members WHERE chat_id IN (SELECT value FROM json_each(?)))
          WHERE place <= ? ORDER BY chat_id, place DESC`,
      ),
      delete: handle.prepare<[string]>('DELETE FROM chats WHERE id = ?'),
    };
  }

  find(chatId: string): Promise<StoredChat | undefined> {
    return this.query(() => this.withMembers(this.statements.find.all(chatId))[0]);
  }

  listByUser(userId: string, after: string, limit: number): Promise<StoredChat[]> {
    return this.query(() => this.withMembers(this.statements.listByUser.all(userId, after, limit)));
  }

  insert(chatId: string, createdBy: string, createdAt: number): Promise<void> {
    return this.query(() => void this.statements.insert.run(chatId, createdAt, createdBy));
  }

  setName(chatId: string, sealedName: Buffer): Promise<void> {
    return this.query(() => void this.statements.setName.run(sealedName, chatId));
  }

  setMessageTtl(chatId: string, messageTtl: number | null): Promise<void> {
    return this.query(() => void this.statements.setMessageTtl.run(messageTtl, chatId));
  }

  delete(chatId: string): Promise<void> {
    return this.query(() => void this.statements.delete.run(chatId));
  }

  /** Two queries, however many chats there are. */
  private withMembers(rows: readonly ChatRow[]): StoredChat[] {
    if (rows.length === 0) return [];
    const ids = JSON.stringify(rows.map(({ id }) => id));
    const members = byChat(this.statements.members.all(ids));
    const former = byChat(this.statements.formerMembers.all(ids, FORMER_MEMBERS_LISTED));
    return rows.map((row) => ({
      id: row.id,
      sealedName: row.name_sealed,
      createdAt: row.created_at,
      createdBy: row.created_by,
      wrappedKey: row.wrapped_key,
      messageTtl: row.message_ttl,
      members: (members.get(row.id) ?? []).map((one) => ({ userId: one.user_id, joinedAt: one.joined_at })),
      formerMembers: (former.get(row.id) ?? []).map((one) => ({ userId: one.user_id, leftAt: one.left_at })),
    }));
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
