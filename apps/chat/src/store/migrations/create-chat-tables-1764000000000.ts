import { OUTBOX_TABLE } from '@app/platform';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Creates the tables. Times are milliseconds since 1970, ids UUIDs in lower case. Wrapped keys and sealed names are in
 * ordinary rowid tables and in no index, so that scrubbing leaves nothing of them; `lookup` needs an index, which VACUUM
 * rewrites too. `erasures` stores for a day who may repeat a deletion, and whether the file was scrubbed;
 * `master_key_checks` identifies a wrong master key.
 */
export class CreateChatTables1764000000000 implements MigrationInterface {
  readonly name = 'CreateChatTables1764000000000';

  /** Creates the tables. */
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE chats (
      id TEXT PRIMARY KEY,
      name_sealed BLOB,
      created_at INTEGER NOT NULL,
      created_by TEXT NOT NULL
    ) STRICT`);
    await runner.query(`CREATE TABLE chat_keys (
      chat_id TEXT PRIMARY KEY REFERENCES chats (id),
      key_version INTEGER NOT NULL,
      lookup BLOB NOT NULL UNIQUE,
      wrapped_key BLOB NOT NULL
    ) STRICT`);
    await runner.query(`CREATE TABLE members (
      chat_id TEXT NOT NULL REFERENCES chats (id),
      user_id TEXT NOT NULL,
      joined_at INTEGER NOT NULL,
      PRIMARY KEY (chat_id, user_id)
    ) STRICT`);
    await runner.query('CREATE INDEX members_by_user ON members (user_id, chat_id)');
    await runner.query(`CREATE TABLE former_members (
      chat_id TEXT NOT NULL REFERENCES chats (id),
      user_id TEXT NOT NULL,
      left_at INTEGER NOT NULL,
      PRIMARY KEY (chat_id, user_id)
    ) STRICT`);
    await runner.query(`CREATE TABLE erasures (
      chat_id TEXT PRIMARY KEY,
      member_ids TEXT NOT NULL,
      key_destroyed_at INTEGER NOT NULL,
      scrubbed INTEGER NOT NULL DEFAULT 0
    ) STRICT`);
    await runner.query(`CREATE TABLE activity (
      id INTEGER PRIMARY KEY,
      user_id TEXT NOT NULL,
      at INTEGER NOT NULL,
      type TEXT NOT NULL,
      session_id TEXT,
      detail TEXT
    ) STRICT`);
    await runner.query('CREATE INDEX activity_by_user ON activity (user_id, id)');
    await runner.query(
      'CREATE TABLE master_key_checks (version INTEGER PRIMARY KEY, check_bytes BLOB NOT NULL) STRICT',
    );
    await runner.query(OUTBOX_TABLE);
  }

  /** Removes the tables. */
  async down(runner: QueryRunner): Promise<void> {
    for (const table of [
      'outbox',
      'master_key_checks',
      'activity',
      'erasures',
      'former_members',
      'members',
      'chat_keys',
      'chats',
    ])
      await runner.query(`DROP TABLE ${table}`);
  }
}
