import { Module } from '@nestjs/common';
import { ActivityLog } from './activity-log.js';

/** What each user did. */
@Module({ providers: [ActivityLog], exports: [ActivityLog] })
export class ActivityModule {}
