import { LIMITS } from '@app/contracts/edge';
import type { SqliteHandle } from '@app/platform';
import type { Erasure, ErasureRepository } from '../chat-store.js';
import type { RunQuery } from './query.js';

interface ErasureRow {
  readonly chat_id: string;
  readonly member_ids: string;
  readonly key_destroyed_at: number;
}

/** The table of erased chats. */
export class SqliteErasureRepository implements ErasureRepository {
  private readonly statements;

  constructor(
    handle: SqliteHandle,
    private readonly query: RunQuery,
  ) {
    this.statements = {
      insert: handle.prepare<[string, string, number]>(
        'INSERT INTO erasures (chat_id, member_ids, key_destroyed_at) VALUES (?, ?, ?)',
      ),
      find: handle.prepare<[string, number], ErasureRow>(
        `SELECT chat_id, member_ids, key_destroyed_at FROM erasures
          WHERE chat_id = ? AND key_destroyed_at > ?`,
      ),
      unscrubbed: handle.prepare<[], { chat_id: string }>('SELECT chat_id FROM erasures WHERE scrubbed = 0'),
      setScrubbed: handle.prepare<[string]>(
        'UPDATE erasures SET scrubbed = 1 WHERE chat_id IN (SELECT value FROM json_each(?))',
      ),
      deleteOld: handle.prepare<[number, number]>(
        `DELETE FROM erasures WHERE chat_id IN
          (SELECT chat_id FROM erasures WHERE key_destroyed_at <= ? AND scrubbed = 1 LIMIT ?)`,
      ),
    };
  }

  find(chatId: string): Promise<Erasure | undefined> {
    return this.query(() => {
      const row = this.statements.find.get(chatId, Date.now() - LIMITS.receiptMs);
      return (
        row && {
          chatId: row.chat_id,
          memberIds: JSON.parse(row.member_ids) as string[],
          keyDestroyedAt: row.key_destroyed_at,
        }
      );
    });
  }

  listUnscrubbed(): Promise<string[]> {
    return this.query(() => this.statements.unscrubbed.all().map(({ chat_id }) => chat_id));
  }

  insert({ chatId, memberIds, keyDestroyedAt }: Erasure): Promise<void> {
    return this.query(
      () => void this.statements.insert.run(chatId, JSON.stringify(memberIds), keyDestroyedAt),
    );
  }

  setScrubbed(chatIds: readonly string[]): Promise<void> {
    return this.query(() => void this.statements.setScrubbed.run(JSON.stringify(chatIds)));
  }

  deleteOld(limit: number): Promise<number> {
    return this.query(() => this.statements.deleteOld.run(Date.now() - LIMITS.receiptMs, limit).changes);
  }
}
