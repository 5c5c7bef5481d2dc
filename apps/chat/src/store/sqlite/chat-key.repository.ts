import type { SqliteHandle } from '@app/platform';
import type { ChatKeyRepository, StoredAccess, StoredKey } from '../chat-store.js';
import type { RunQuery } from './query.js';

/** The table of wrapped chat keys. */
export class SqliteChatKeyRepository implements ChatKeyRepository {
  private readonly statements;

  constructor(
    handle: SqliteHandle,
    private readonly query: RunQuery,
  ) {
    this.statements = {
      insert: handle.prepare<[string, number, Buffer, Buffer]>(
        'INSERT INTO chat_keys (chat_id, key_version, lookup, wrapped_key) VALUES (?, ?, ?, ?)',
      ),
      wrapped: handle.prepare<[string], { wrapped_key: Buffer }>(
        'SELECT wrapped_key FROM chat_keys WHERE chat_id = ?',
      ),
      access: handle.prepare<[string], { wrapped_key: Buffer; message_ttl: number | null }>(
        'SELECT wrapped_key, message_ttl FROM chat_keys k JOIN chats c ON c.id = k.chat_id WHERE chat_id = ?',
      ),
      memberIds: handle.prepare<[string], { user_id: string }>(
        'SELECT user_id FROM members WHERE chat_id = ? ORDER BY joined_at, rowid',
      ),
      findChat: handle.prepare<[Buffer], { chat_id: string }>(
        'SELECT chat_id FROM chat_keys WHERE lookup = ?',
      ),
      otherVersions: handle.prepare<[number, string, number], { chat_id: string; wrapped_key: Buffer }>(
        'SELECT chat_id, wrapped_key FROM chat_keys WHERE key_version <> ? AND chat_id > ? ORDER BY chat_id LIMIT ?',
      ),
      replace: handle.prepare<[number, Buffer, Buffer, string]>(
        'UPDATE chat_keys SET key_version = ?, lookup = ?, wrapped_key = ? WHERE chat_id = ?',
      ),
      delete: handle.prepare<[string]>('DELETE FROM chat_keys WHERE chat_id = ?'),
    };
  }

  findChat(lookups: readonly Buffer[]): Promise<string | undefined> {
    return this.query(() => {
      for (const lookup of lookups) {
        const found = this.statements.findChat.get(lookup);
        if (found) return found.chat_id;
      }
      return undefined;
    });
  }

  findWrapped(chatId: string): Promise<Buffer | undefined> {
    return this.query(() => this.statements.wrapped.get(chatId)?.wrapped_key);
  }

  findAccess(chatId: string): Promise<StoredAccess | undefined> {
    return this.query(() => {
      const found = this.statements.access.get(chatId);
      const memberIds = this.statements.memberIds.all(chatId).map(({ user_id }) => user_id);
      return found && { wrappedKey: found.wrapped_key, memberIds, messageTtl: found.message_ttl };
    });
  }

  insert({ chatId, keyVersion, lookup, wrappedKey }: StoredKey): Promise<void> {
    return this.query(() => void this.statements.insert.run(chatId, keyVersion, lookup, wrappedKey));
  }

  replace({ chatId, keyVersion, lookup, wrappedKey }: StoredKey): Promise<void> {
    return this.query(() => void this.statements.replace.run(keyVersion, lookup, wrappedKey, chatId));
  }

  listOtherVersions(
    version: number,
    after: string,
    limit: number,
  ): Promise<Pick<StoredKey, 'chatId' | 'wrappedKey'>[]> {
    return this.query(() =>
      this.statements.otherVersions
        .all(version, after, limit)
        .map((row) => ({ chatId: row.chat_id, wrappedKey: row.wrapped_key })),
    );
  }

  delete(chatId: string): Promise<void> {
    return this.query(() => void this.statements.delete.run(chatId));
  }
}
