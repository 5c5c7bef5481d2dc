import { Injectable } from '@nestjs/common';
import { LIMITS } from '@app/contracts/edge';
import { sqliteHandle } from '@app/platform';
import { DataSource } from 'typeorm';

/** A chat that was destroyed. */
export interface Erasure {
  readonly chatId: string;
  /** Who was in it when the deletion began. */
  readonly memberIds: readonly string[];
  /** Milliseconds since 1970. */
  readonly keyDestroyedAt: number;
}

interface ErasureRow {
  readonly chat_id: string;
  readonly member_ids: string;
  readonly key_destroyed_at: number;
}

/** What was destroyed within the last 24 h. Whatever writes is called within a transaction. */
@Injectable()
export class ErasuresRepository {
  private readonly statements;

  constructor(dataSource: DataSource) {
    const handle = sqliteHandle(dataSource);
    this.statements = {
      insert: handle.prepare<[string, string, number]>(
        'INSERT INTO erasures (chat_id, member_ids, key_destroyed_at) VALUES (?, ?, ?)',
      ),
      get: handle.prepare<[string, number], ErasureRow>(
        `SELECT chat_id, member_ids, key_destroyed_at FROM erasures
          WHERE chat_id = ? AND key_destroyed_at > ?`,
      ),
      unscrubbed: handle.prepare<[], { chat_id: string }>('SELECT chat_id FROM erasures WHERE scrubbed = 0'),
      scrubbed: handle.prepare<[string]>(
        'UPDATE erasures SET scrubbed = 1 WHERE chat_id IN (SELECT value FROM json_each(?))',
      ),
      purge: handle.prepare<[number, number]>(
        `DELETE FROM erasures WHERE chat_id IN
          (SELECT chat_id FROM erasures WHERE key_destroyed_at <= ? AND scrubbed = 1 LIMIT ?)`,
      ),
    };
  }

  /** Notes a chat that is destroyed in the same transaction. */
  insert({ chatId, memberIds, keyDestroyedAt }: Erasure): void {
    this.statements.insert.run(chatId, JSON.stringify(memberIds), keyDestroyedAt);
  }

  /** The erasure of a chat, for 24 h. */
  get(chatId: string): Erasure | undefined {
    const row = this.statements.get.get(chatId, Date.now() - LIMITS.receiptMs);
    return (
      row && {
        chatId: row.chat_id,
        memberIds: JSON.parse(row.member_ids) as string[],
        keyDestroyedAt: row.key_destroyed_at,
      }
    );
  }

  /** The chats that are destroyed while bytes of them may still be in the file. */
  unscrubbed(): string[] {
    return this.statements.unscrubbed.all().map(({ chat_id }) => chat_id);
  }

  /** Notes that the file was scrubbed of these chats. */
  noteScrubbed(chatIds: readonly string[]): void {
    this.statements.scrubbed.run(JSON.stringify(chatIds));
  }

  /** Forgets so many at most that are older than 24 h. @returns how many */
  purge(most: number): number {
    return this.statements.purge.run(Date.now() - LIMITS.receiptMs, most).changes;
  }
}
