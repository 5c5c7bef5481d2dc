import { OUTBOX_TABLE } from '@app/platform';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Creates the tables of accounts, their sessions by the digest of the token, and what each user did. */
export class CreateAuthTables1764000000000 implements MigrationInterface {
  readonly name = 'CreateAuthTables1764000000000';

  /** Creates the tables. */
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE users (
      id TEXT PRIMARY KEY,
      username TEXT NOT NULL,
      username_key TEXT NOT NULL UNIQUE,
      password_hash TEXT NOT NULL,
      created_at INTEGER NOT NULL
    ) STRICT`);
    await runner.query(`CREATE TABLE sessions (
      id TEXT PRIMARY KEY,
      user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
      digest TEXT NOT NULL UNIQUE,
      user_agent TEXT,
      created_at INTEGER NOT NULL,
      last_seen_at INTEGER NOT NULL
    ) STRICT`);
    await runner.query('CREATE INDEX sessions_by_user ON sessions (user_id)');
    await runner.query('CREATE INDEX sessions_by_use ON sessions (last_seen_at)');
    await runner.query(`CREATE TABLE activity (
      id INTEGER PRIMARY KEY,
      user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
      at INTEGER NOT NULL,
      type TEXT NOT NULL,
      session_id TEXT,
      detail TEXT
    ) STRICT`);
    await runner.query('CREATE INDEX activity_by_user ON activity (user_id, id)');
    await runner.query(OUTBOX_TABLE);
  }

  /** Removes the tables. */
  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['outbox', 'activity', 'sessions', 'users'])
      await runner.query(`DROP TABLE ${table}`);
  }
}
