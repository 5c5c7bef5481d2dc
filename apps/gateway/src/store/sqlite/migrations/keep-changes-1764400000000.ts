import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Keeps what changes in a message after it was sent. `messages.first_rev` is the revision that it was sent with, null
 * where that is its seq, as before there were revisions; `changes` holds the revision of its latest change. Every
 * reaction in `messages.reactions` is sealed alone, behind its user's id; `reactors` finds them by the user. Nothing is
 * filled in here, since reading ten million messages takes longer than a start may.
 */
export class KeepChanges1764400000000 implements MigrationInterface {
  readonly name = 'KeepChanges1764400000000';

  /** Adds the columns and tables; reads no message. */
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE heads ADD COLUMN last_rev INTEGER NOT NULL DEFAULT -1');
    for (const column of [
      'first_rev INTEGER',
      'reply_to BLOB',
      'edited_at INTEGER',
      'expires_at INTEGER',
      'reactions BLOB',
      'first_content BLOB',
    ])
      await runner.query(`ALTER TABLE messages ADD COLUMN ${column}`);
    await runner.query(`CREATE TABLE changes (
      ref INTEGER NOT NULL,
      rev INTEGER NOT NULL,
      seq INTEGER NOT NULL,
      PRIMARY KEY (ref, rev)
    ) STRICT, WITHOUT ROWID`);
    await runner.query('CREATE UNIQUE INDEX changes_by_seq ON changes (ref, seq)');
    await runner.query(`CREATE TABLE reactors (
      user_id BLOB NOT NULL,
      ref INTEGER NOT NULL,
      seq INTEGER NOT NULL,
      PRIMARY KEY (user_id, ref, seq)
    ) STRICT, WITHOUT ROWID`);
    await runner.query(`CREATE TABLE expiries (
      expires_at INTEGER NOT NULL,
      ref INTEGER NOT NULL,
      seq INTEGER NOT NULL,
      PRIMARY KEY (expires_at, ref, seq)
    ) STRICT, WITHOUT ROWID`);
  }

  /** Removes them. */
  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['expiries', 'reactors', 'changes']) await runner.query(`DROP TABLE ${table}`);
    for (const column of ['first_content', 'reactions', 'expires_at', 'edited_at', 'reply_to', 'first_rev'])
      await runner.query(`ALTER TABLE messages DROP COLUMN ${column}`);
    await runner.query('ALTER TABLE heads DROP COLUMN last_rev');
  }
}
