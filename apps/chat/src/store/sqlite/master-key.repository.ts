import type { SqliteHandle } from '@app/platform';
import type { MasterKeyRepository } from '../chat-store.js';
import type { RunQuery } from './query.js';

/** The table of the master keys' check bytes, and the versions that wrap chat keys. */
export class SqliteMasterKeyRepository implements MasterKeyRepository {
  private readonly statements;

  constructor(
    handle: SqliteHandle,
    private readonly query: RunQuery,
  ) {
    this.statements = {
      inUse: handle.prepare<[], { version: number }>('SELECT DISTINCT key_version AS version FROM chat_keys'),
      checks: handle.prepare<[], { version: number; check_bytes: Buffer }>(
        'SELECT version, check_bytes FROM master_key_checks',
      ),
      addCheck: handle.prepare<[number, Buffer]>(
        'INSERT OR IGNORE INTO master_key_checks (version, check_bytes) VALUES (?, ?)',
      ),
      countOlder: handle.prepare<[number], { count: number }>(
        'SELECT count(*) AS count FROM master_key_checks WHERE version < ?',
      ),
      deleteOlder: handle.prepare<[number]>('DELETE FROM master_key_checks WHERE version < ?'),
      deleteChecks: handle.prepare<[]>('DELETE FROM master_key_checks'),
    };
  }

  versionsInUse(): Promise<number[]> {
    return this.query(() => this.statements.inUse.all().map(({ version }) => version));
  }

  checks(): Promise<Map<number, Buffer>> {
    return this.query(
      () => new Map(this.statements.checks.all().map((row) => [row.version, row.check_bytes])),
    );
  }

  addCheck(version: number, check: Buffer): Promise<void> {
    return this.query(() => void this.statements.addCheck.run(version, check));
  }

  countOlder(version: number): Promise<number> {
    return this.query(() => this.statements.countOlder.get(version)?.count ?? 0);
  }

  deleteOlder(version: number): Promise<void> {
    return this.query(() => void this.statements.deleteOlder.run(version));
  }

  deleteChecks(): Promise<void> {
    return this.query(() => void this.statements.deleteChecks.run());
  }
}
