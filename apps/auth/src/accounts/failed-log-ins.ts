import { Inject, Injectable } from '@nestjs/common';
import { LOGGER } from '@app/platform';
import type { Logger } from 'pino';
import { ActivityLog } from '../activity/activity-log.js';

/** Records wrong passwords in the activity of the account. */
@Injectable()
export class FailedLogIns {
  constructor(
    private readonly activity: ActivityLog,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Records a wrong password after the answer, with the same work for a name that nobody has: the time of neither this
   * answer nor the next one shows whether a name exists.
   */
  record(userId: string, sessionId: string | null, userAgent: string | null): void {
    const event = { userId, type: 'login-failed', sessionId, detail: userAgent } as const;
    setImmediate(() => {
      this.activity
        .transaction((_transaction, record) => record(event))
        .catch((error: unknown) =>
          this.logger.error({ err: error, userId }, 'cannot record a failed log-in'),
        );
    });
  }
}
