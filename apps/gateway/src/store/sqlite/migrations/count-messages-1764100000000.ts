import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Finds what a user wrote without a walk over all chats, and counts unread messages without reading them. `heads.live`
 * is the number of a chat's messages that are no tombstones, `marks.own` that of a member's own as counted up to
 * `counted`; `former_authors` keeps it for those who left. What is negative is not counted yet: `AuthorIndex` sees
 * to it after the start, since reading ten million messages takes longer than a start may.
 */
export class CountMessages1764100000000 implements MigrationInterface {
  readonly name = 'CountMessages1764100000000';

  /** Adds the counts; reads no message. */
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE heads ADD COLUMN live INTEGER NOT NULL DEFAULT -1');
    await runner.query('ALTER TABLE marks ADD COLUMN own INTEGER NOT NULL DEFAULT -1');
    await runner.query('CREATE INDEX marks_by_user ON marks (user_id)');
    await runner.query(`CREATE TABLE former_authors (
      ref INTEGER NOT NULL,
      user_id BLOB NOT NULL,
      own INTEGER NOT NULL,
      PRIMARY KEY (ref, user_id)
    ) STRICT, WITHOUT ROWID`);
    await runner.query('CREATE INDEX former_authors_by_user ON former_authors (user_id)');
    await runner.query('CREATE INDEX erasures_under_way ON erasures (chat_id) WHERE erased_at IS NULL');
    await runner.query('CREATE INDEX erasures_by_end ON erasures (erased_at)');
  }

  /** Removes them. */
  async down(runner: QueryRunner): Promise<void> {
    for (const index of ['erasures_by_end', 'erasures_under_way', 'marks_by_user'])
      await runner.query(`DROP INDEX ${index}`);
    await runner.query('DROP TABLE former_authors');
    await runner.query('ALTER TABLE marks DROP COLUMN own');
    await runner.query('ALTER TABLE heads DROP COLUMN live');
  }
}
