import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ActivityModule } from '../activity/activity.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { AccountErasure } from './account-erasure.js';
import { PasswordHasher } from './password-hasher.js';
import { UserEntity } from './user.entity.js';
import { UsersBusController } from './users.bus.controller.js';
import { UsersService } from './users.service.js';

/** Accounts. */
@Module({
  imports: [TypeOrmModule.forFeature([UserEntity]), SessionsModule, ActivityModule],
  providers: [UsersService, AccountErasure, PasswordHasher],
  controllers: [UsersBusController],
})
export class UsersModule {}
