import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The accounts that are deleted while bytes of them may still be in the file: what ends in between is finished later. */
export class NoteUnscrubbedAccounts1764100000000 implements MigrationInterface {
  readonly name = 'NoteUnscrubbedAccounts1764100000000';

  /** Makes the table. */
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE unscrubbed_accounts (user_id TEXT PRIMARY KEY) STRICT');
  }

  /** Removes the table. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE unscrubbed_accounts');
  }
}
