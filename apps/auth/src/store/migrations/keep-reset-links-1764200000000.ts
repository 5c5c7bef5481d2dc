import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Creates the table of one-time links for a new password: one per account, by the digest of its token. */
export class KeepResetLinks1764200000000 implements MigrationInterface {
  readonly name = 'KeepResetLinks1764200000000';

  /** Creates the table. */
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE reset_links (
      user_id TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
      digest TEXT NOT NULL UNIQUE,
      expires_at INTEGER NOT NULL
    ) STRICT`);
  }

  /** Removes the table. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE reset_links');
  }
}
