import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ActivityModule } from '../activity/activity.module.js';
import { UserEntity } from '../users/user.entity.js';
import { SessionEntity } from './session.entity.js';
import { SessionsBusController } from './sessions.bus.controller.js';
import { SessionsService } from './sessions.service.js';

/** Sessions. */
@Module({
  imports: [TypeOrmModule.forFeature([SessionEntity, UserEntity]), ActivityModule],
  providers: [SessionsService],
  controllers: [SessionsBusController],
  exports: [SessionsService],
})
export class SessionsModule {}
