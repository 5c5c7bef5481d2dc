import { Injectable } from '@nestjs/common';
import type { Reply } from '@app/contracts/bus';
import { ActivityLog } from '../activity/activity-log.js';
import { Sessions } from '../sessions/sessions.js';
import { Accounts } from './accounts.js';

/** Lists and ends an account's sessions for the operator. */
@Injectable()
export class OperatorSessions {
  constructor(
    private readonly accounts: Accounts,
    private readonly sessions: Sessions,
    private readonly activity: ActivityLog,
  ) {}

  /** Lists the sessions of an account. @throws {ApiError} NOT_FOUND */
  async list(username: string): Promise<Reply<'operator.sessions.list'>['sessions']> {
    return this.sessions.list((await this.accounts.named(username)).id);
  }

  /** Ends all sessions of an account and returns their ids. @throws {ApiError} NOT_FOUND */
  async endAll(username: string): Promise<string[]> {
    const { id: userId } = await this.accounts.named(username);
    const ended = await this.activity.transaction(async (transaction, record) => {
      const sessions = await this.sessions.endAll(transaction, userId);
      if (sessions.length > 0)
        await record({ userId, type: 'session-revoked', sessionId: null, by: 'the operator' });
      return sessions;
    });
    this.sessions.publishEnded(ended, 'revoked');
    return ended.map(({ id }) => id);
  }
}
