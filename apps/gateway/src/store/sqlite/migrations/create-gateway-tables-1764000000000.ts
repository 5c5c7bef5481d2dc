import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Messages are rows that are only ever appended: SQLite copies no cell then, so wiping one in place leaves no
 * other copy. Ciphertext stands in this table alone, in no index. `heads` gives each chat a short number and its
 * last seq; `marks` holds how far each member received and read, with the number of unread messages as counted
 * up to `counted`.
 */
export class CreateGatewayTables1764000000000 implements MigrationInterface {
  readonly name = 'CreateGatewayTables1764000000000';

  /** Makes the tables. */
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE heads (
      ref INTEGER PRIMARY KEY,
      chat_id BLOB NOT NULL UNIQUE,
      last_seq INTEGER NOT NULL,
      last_at INTEGER NOT NULL,
      seals INTEGER NOT NULL
    ) STRICT`);
    await runner.query(`CREATE TABLE messages (
      row INTEGER PRIMARY KEY,
      ref INTEGER NOT NULL,
      seq INTEGER NOT NULL,
      id BLOB NOT NULL,
      sender_id BLOB NOT NULL,
      client_id BLOB NOT NULL,
      sent_at INTEGER NOT NULL,
      deleted_at INTEGER,
      sealed BLOB
    ) STRICT`);
    await runner.query('CREATE UNIQUE INDEX messages_by_seq ON messages (ref, seq)');
    await runner.query('CREATE UNIQUE INDEX messages_by_sender ON messages (ref, sender_id, client_id)');
    await runner.query(`CREATE TABLE marks (
      ref INTEGER NOT NULL,
      user_id BLOB NOT NULL,
      delivered INTEGER NOT NULL,
      read INTEGER NOT NULL,
      unread INTEGER NOT NULL,
      counted INTEGER NOT NULL,
      PRIMARY KEY (ref, user_id)
    ) STRICT, WITHOUT ROWID`);
    await runner.query('CREATE TABLE seen (user_id TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT');
    await runner.query(`CREATE TABLE erasures (
      chat_id TEXT PRIMARY KEY,
      messages INTEGER NOT NULL,
      started_at INTEGER NOT NULL,
      erased_at INTEGER
    ) STRICT`);
    await runner.query('CREATE TABLE leftovers (ref INTEGER PRIMARY KEY) STRICT');
    await runner.query('CREATE TABLE secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT');
  }

  /** Removes the tables. */
  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['secrets', 'leftovers', 'erasures', 'seen', 'marks', 'messages', 'heads'])
      await runner.query(`DROP TABLE ${table}`);
  }
}
