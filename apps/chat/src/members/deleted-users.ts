import { Injectable } from '@nestjs/common';
import { Refusal, sqliteHandle } from '@app/platform';
import { DataSource } from 'typeorm';

/** How long a deleted user is remembered, in milliseconds: long after their sessions have ended everywhere. */
const REMEMBERED_MS = 24 * 3_600_000;

/** How many are forgotten in one transaction. */
const FORGOTTEN_AT_ONCE = 500;

/**
 * Who deleted their account within the last 24 h: a call of theirs that was under way then must not take them into a chat
 * again. Whatever writes is called within a transaction.
 */
@Injectable()
export class DeletedUsers {
  private readonly statements;

  constructor(dataSource: DataSource) {
    const handle = sqliteHandle(dataSource);
    this.statements = {
      note: handle.prepare<[string, number]>(
        'INSERT OR REPLACE INTO deleted_users (user_id, at) VALUES (?, ?)',
      ),
      has: handle.prepare<[string], { found: 1 }>('SELECT 1 AS found FROM deleted_users WHERE user_id = ?'),
      forget: handle.prepare<[number, number]>(
        'DELETE FROM deleted_users WHERE user_id IN (SELECT user_id FROM deleted_users WHERE at < ? LIMIT ?)',
      ),
    };
  }

  /** Notes that a user has deleted their account; those of whom that was noted long ago are forgotten. */
  note(userId: string): void {
    const now = Date.now();
    this.statements.note.run(userId, now);
    this.statements.forget.run(now - REMEMBERED_MS, FORGOTTEN_AT_ONCE);
  }

  /** @throws {Refusal} UNAUTHENTICATED for someone who has deleted their account */
  refuse(userId: string): void {
    if (this.statements.has.get(userId)) throw new Refusal('UNAUTHENTICATED');
  }
}
