import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { ActivityModule } from '../activity/activity.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { AccountsBusController } from './accounts.bus.controller.js';
import { ActivityBusController } from './activity.bus.controller.js';
import { HealthBusController } from './health.bus.controller.js';
import { OperatorBusController } from './operator.bus.controller.js';
import { SessionsBusController } from './sessions.bus.controller.js';

/** What the service answers on the bus. */
@Module({
  imports: [AccountsModule, SessionsModule, ActivityModule],
  controllers: [
    AccountsBusController,
    SessionsBusController,
    ActivityBusController,
    OperatorBusController,
    HealthBusController,
  ],
})
export class ControllersModule {}
