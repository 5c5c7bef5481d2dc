import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Gives the activity a column for who acted, apart from the browser's name, and one for how often an event was repeated.
 * Rows may belong to an unknown name: a failed log-in does the same work for it.
 */
export class TellActorsApart1764310000000 implements MigrationInterface {
  readonly name = 'TellActorsApart1764310000000';

  /** Creates the new table and moves the rows. */
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE activity_with_actor (
      id INTEGER PRIMARY KEY,
      user_id TEXT NOT NULL,
      at INTEGER NOT NULL,
      type TEXT NOT NULL,
      session_id TEXT,
      detail TEXT,
      actor TEXT,
      count INTEGER NOT NULL DEFAULT 1
    ) STRICT`);
    // A failed log-in has the browser's name there, which may be these words; it never has another actor.
    await runner.query(`INSERT INTO activity_with_actor (id, user_id, at, type, session_id, detail, actor)
      SELECT id, user_id, at, type, session_id, iif(by_other, NULL, detail), iif(by_other, substr(detail, 4), NULL)
      FROM (SELECT *, session_id IS NULL AND type <> 'login-failed'
        AND coalesce(detail, '') IN ('by the operator', 'by a reset link') AS by_other FROM activity)`);
    await runner.query('DROP TABLE activity');
    await runner.query('ALTER TABLE activity_with_actor RENAME TO activity');
    await runner.query('CREATE INDEX activity_by_user ON activity (user_id, id)');
  }

  /** Restores the table as it was before. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE activity_without_actor (
      id INTEGER PRIMARY KEY,
      user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
      at INTEGER NOT NULL,
      type TEXT NOT NULL,
      session_id TEXT,
      detail TEXT
    ) STRICT`);
    await runner.query(`INSERT INTO activity_without_actor
      SELECT id, user_id, at, type, session_id, coalesce('by ' || actor, detail) FROM activity
      WHERE user_id IN (SELECT id FROM users)`);
    await runner.query('DROP TABLE activity');
    await runner.query('ALTER TABLE activity_without_actor RENAME TO activity');
    await runner.query('CREATE INDEX activity_by_user ON activity (user_id, id)');
  }
}
