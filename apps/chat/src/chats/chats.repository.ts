import { Injectable } from '@nestjs/common';
import { sqliteHandle } from '@app/platform';
import { DataSource } from 'typeorm';

/** A chat with its wrapped key, which opens its name. */
export interface ChatRow {
  readonly id: string;
  readonly name_sealed: Buffer | null;
  readonly created_at: number;
  readonly created_by: string;
  readonly wrapped_key: Buffer;
  /** Seconds. */
  readonly message_ttl: number | null;
}

const COLUMNS = 'c.id, c.name_sealed, c.created_at, c.created_by, c.message_ttl, k.wrapped_key';

/** The table of chats. Whatever writes is called within a transaction. */
@Injectable()
export class ChatsRepository {
  private readonly statements;

  constructor(dataSource: DataSource) {
    const handle = sqliteHandle(dataSource);
    this.statements = {
      insert: handle.prepare<[string, number, string]>(
        'INSERT INTO chats (id, created_at, created_by) VALUES (?, ?, ?)',
      ),
      rename: handle.prepare<[Buffer, string]>('UPDATE chats SET name_sealed = ? WHERE id = ?'),
      setTtl: handle.prepare<[number | null, string]>('UPDATE chats SET message_ttl = ? WHERE id = ?'),
      ttl: handle.prepare<[string], number | null>('SELECT message_ttl FROM chats WHERE id = ?').pluck(),
      get: handle.prepare<[string], ChatRow>(
        `SELECT ${COLUMNS} FROM chats c JOIN chat_keys k ON k.chat_id = c.id WHERE c.id = ?`,
      ),
      page: handle.prepare<[string, string, number], ChatRow>(
        `SELECT ${COLUMNS} FROM members m JOIN chats c ON c.id = m.chat_id JOIN chat_keys k ON k.chat_id = c.id
          WHERE m.user_id = ? AND m.chat_id > ? ORDER BY m.chat_id LIMIT ?`,
      ),
      remove: handle.prepare<[string]>('DELETE FROM chats WHERE id = ?'),
    };
  }

  /** Adds a chat without a name. */
  insert(chatId: string, userId: string, at: number): void {
    this.statements.insert.run(chatId, at, userId);
  }

  /** Sets a chat's sealed name. */
  rename(chatId: string, sealed: Buffer): void {
    this.statements.rename.run(sealed, chatId);
  }

  /** Sets after how many seconds its messages disappear. */
  setMessageTtl(chatId: string, messageTtl: number | null): void {
    this.statements.setTtl.run(messageTtl, chatId);
  }

  /** After how many seconds its messages disappear. */
  messageTtl(chatId: string): number | null {
    return this.statements.ttl.get(chatId) ?? null;
  }

  /** One chat, if there is one. */
  get(chatId: string): ChatRow | undefined {
    return this.statements.get.get(chatId);
  }

  /** The first so many chats of a user with an id above one, by id. */
  page(userId: string, after: string, limit: number): ChatRow[] {
    return this.statements.page.all(userId, after, limit);
  }

  /** Removes a chat; its members and key are gone before. */
  remove(chatId: string): void {
    this.statements.remove.run(chatId);
  }
}
