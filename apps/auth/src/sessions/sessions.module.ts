import { Module } from '@nestjs/common';
import { ActivityModule } from '../activity/activity.module.js';
import { SessionEnd } from './end-session.js';
import { SessionExpiry } from './expire-sessions.js';
import { Sessions } from './sessions.js';
import { SessionVerification } from './verify-session.js';

/** Sessions: created, verified and ended. */
@Module({
  imports: [ActivityModule],
  providers: [Sessions, SessionEnd, SessionVerification, SessionExpiry],
  exports: [Sessions, SessionEnd, SessionVerification],
})
export class SessionsModule {}
