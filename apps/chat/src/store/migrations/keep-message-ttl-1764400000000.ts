import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Keeps after how many seconds the messages of a chat disappear; null is never. */
export class KeepMessageTtl1764400000000 implements MigrationInterface {
  readonly name = 'KeepMessageTtl1764400000000';

  /** Adds the column. */
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE chats ADD COLUMN message_ttl INTEGER');
  }

  /** Removes it. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE chats DROP COLUMN message_ttl');
  }
}
