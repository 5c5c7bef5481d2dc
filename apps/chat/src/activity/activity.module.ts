import { Module } from '@nestjs/common';
import { ActivityLog } from './activity-log.js';

/** The log of what users did with keys and chats. */
@Module({ providers: [ActivityLog], exports: [ActivityLog] })
export class ActivityModule {}
