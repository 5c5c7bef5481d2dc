import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Creates the table of deleted accounts that may still have bytes in the file, so that a crash cannot leave them there. */
export class NoteUnscrubbedAccounts1764100000000 implements MigrationInterface {
  readonly name = 'NoteUnscrubbedAccounts1764100000000';

  /** Creates the table. */
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE unscrubbed_accounts (user_id TEXT PRIMARY KEY) STRICT');
  }

  /** Removes the table. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE unscrubbed_accounts');
  }
}
