import { Module } from '@nestjs/common';
import { Telemetry } from '@app/platform';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ActivityModule } from '../activity/activity.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { AccountCare } from './account-care.js';
import { AccountErasure } from './account-erasure.js';
import { OperatorBusController } from './operator.bus.controller.js';
import { PasswordHasher } from './password-hasher.js';
import { ResetLinks } from './reset-links.js';
import { UserEntity } from './user.entity.js';
import { UsersBusController } from './users.bus.controller.js';
import { UsersService } from './users.service.js';

/** Accounts. */
@Module({
  imports: [TypeOrmModule.forFeature([UserEntity]), SessionsModule, ActivityModule],
  providers: [UsersService, AccountCare, AccountErasure, ResetLinks, PasswordHasher],
  controllers: [UsersBusController, OperatorBusController],
})
export class UsersModule {
  constructor(telemetry: Telemetry, erasure: AccountErasure, hasher: PasswordHasher) {
    telemetry.gauge('erasures_pending', 'Deleted accounts of which bytes may still be in the file.', () =>
      erasure.pending(),
    );
    telemetry.gauge('passwords_waiting', 'Passwords that wait to be hashed.', () => hasher.waiting);
  }
}
