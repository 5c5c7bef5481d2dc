import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Creates the table of users who deleted their account lately, and indexes to find erasures by state and time. */
export class RememberDeletedUsers1764100000000 implements MigrationInterface {
  readonly name = 'RememberDeletedUsers1764100000000';

  /** Creates the table and the indexes. */
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE deleted_users (user_id TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT');
    await runner.query('CREATE INDEX deleted_users_by_time ON deleted_users (at)');
    await runner.query('CREATE INDEX erasures_unscrubbed ON erasures (chat_id) WHERE scrubbed = 0');
    await runner.query('CREATE INDEX erasures_by_time ON erasures (key_destroyed_at)');
  }

  /** Removes them. */
  async down(runner: QueryRunner): Promise<void> {
    for (const index of ['erasures_by_time', 'erasures_unscrubbed'])
      await runner.query(`DROP INDEX ${index}`);
    await runner.query('DROP TABLE deleted_users');
  }
}
