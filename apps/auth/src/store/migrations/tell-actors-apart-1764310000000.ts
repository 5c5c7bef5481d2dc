import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who acted becomes a column of the activity, apart from what a browser says of itself, and so does how often an event
 * was repeated. Rows may belong to a name that nobody has: a log-in that fails does the same work for either.
 */
export class TellActorsApart1764310000000 implements MigrationInterface {
  readonly name = 'TellActorsApart1764310000000';

  /** Makes the table anew and moves what is there. */
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
    // A failed log-in has the browser's own words there, which may be these; nobody but its owner fails to log in.
    await runner.query(`INSERT INTO activity_with_actor (id, user_id, at, type, session_id, detail, actor)
      SELECT id, user_id, at, type, session_id, iif(by_other, NULL, detail), iif(by_other, substr(detail, 4), NULL)
      FROM (SELECT *, session_id IS NULL AND type <> 'login-failed'
        AND coalesce(detail, '') IN ('by the operator', 'by a reset link') AS by_other FROM activity)`);
    await runner.query('DROP TABLE activity');
    await runner.query('ALTER TABLE activity_with_actor RENAME TO activity');
    await runner.query('CREATE INDEX activity_by_user ON activity (user_id, id)');
  }

  /** Makes the table that was there before. */
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
