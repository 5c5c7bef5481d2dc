import { Module } from '@nestjs/common';
import { ChatsModule } from '../chats/chats.module.js';
import { ErasureModule } from '../erasure/erasure.module.js';
import { MembersModule } from '../members/members.module.js';
import { ActivityBusController } from './activity.bus.controller.js';
import { ChatsBusController } from './chats.bus.controller.js';
import { HealthBusController } from './health.bus.controller.js';
import { MembersBusController } from './members.bus.controller.js';

/** What the service answers on the bus. */
@Module({
  imports: [ChatsModule, MembersModule, ErasureModule],
  controllers: [ChatsBusController, MembersBusController, ActivityBusController, HealthBusController],
})
export class ControllersModule {}
