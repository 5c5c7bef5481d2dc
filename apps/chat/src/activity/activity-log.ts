import { Inject, Injectable } from '@nestjs/common';
import { LIMITS, type Activity, type ActivityType } from '@app/contracts/edge';
import { LOGGER, sqliteHandle } from '@app/platform';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';

/** Something a user did that they may want to look up later. */
export interface Deed {
  readonly userId: string;
  readonly type: Extract<ActivityType, 'key-revealed' | 'chat-deleted'>;
  readonly sessionId: string | null;
  readonly chatId: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

interface ActivityRow {
  readonly at: number;
  readonly type: ActivityType;
  readonly session_id: string | null;
  readonly detail: string | null;
}

/**
 * What users did that concerns keys and deletions: the latest 200 of each user, ids only. The operator reads it in the
 * log.
 */
@Injectable()
export class ActivityLog {
  private readonly statements;

  constructor(
    dataSource: DataSource,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    const handle = sqliteHandle(dataSource);
    this.statements = {
      note: handle.prepare<[string, number, string, string | null, string]>(
        'INSERT INTO activity (user_id, at, type, session_id, detail) VALUES (?, ?, ?, ?, ?)',
      ),
      trim: handle.prepare<[string, string, number]>(
        `DELETE FROM activity WHERE user_id = ? AND id <=
          (SELECT id FROM activity WHERE user_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?)`,
      ),
      list: handle.prepare<[string, number], ActivityRow>(
        'SELECT at, type, session_id, detail FROM activity WHERE user_id = ? ORDER BY id DESC LIMIT ?',
      ),
      forget: handle.prepare<[string]>('DELETE FROM activity WHERE user_id = ?'),
    };
  }

  /** Notes a deed, within the transaction that does it; the oldest beyond the limit go. */
  note({ userId, at, type, sessionId, chatId }: Deed): void {
    this.statements.note.run(userId, at, type, sessionId, chatId);
    this.statements.trim.run(userId, userId, LIMITS.activityEvents);
  }

  /** Logs what was noted, once the transaction is committed. */
  tell({ type, userId, sessionId, chatId }: Omit<Deed, 'at'>): void {
    this.logger.info({ event: type, userId, sessionId, chatId }, 'security event');
  }

  /** What a user did, newest first. */
  list(userId: string): Activity[] {
    return this.statements.list.all(userId, LIMITS.activityEvents).map((row) => ({
      at: new Date(row.at).toISOString(),
      type: row.type,
      sessionId: row.session_id,
      detail: row.detail,
    }));
  }

  /** Forgets all that a user did, within a transaction. */
  forget(userId: string): void {
    this.statements.forget.run(userId);
  }
}
