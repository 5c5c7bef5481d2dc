import { Module } from '@nestjs/common';
import { ActivityBusController } from './activity.bus.controller.js';
import { ActivityLog } from './activity-log.js';

/** What each user did. */
@Module({ providers: [ActivityLog], controllers: [ActivityBusController], exports: [ActivityLog] })
export class ActivityModule {}
