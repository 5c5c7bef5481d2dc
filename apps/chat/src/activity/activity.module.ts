import { Module } from '@nestjs/common';
import { ActivityLog } from './activity-log.js';
import { ActivityBusController } from './activity.bus.controller.js';

/** What users did with keys and chats. */
@Module({ controllers: [ActivityBusController], providers: [ActivityLog], exports: [ActivityLog] })
export class ActivityModule {}
