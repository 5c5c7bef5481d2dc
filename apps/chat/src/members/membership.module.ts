import { Module } from '@nestjs/common';
import { ActivityModule } from '../activity/activity.module.js';
import { ChatsModule } from '../chats/chats.module.js';
import { KeysModule } from '../keys/keys.module.js';
import { MembersModule } from './members.module.js';
import { MembershipBusController } from './membership.bus.controller.js';
import { MembershipService } from './membership.service.js';

/** Joining, leaving, and who may enter: on top of chats, which on its part asks who is a member. */
@Module({
  imports: [ActivityModule, ChatsModule, KeysModule, MembersModule],
  controllers: [MembershipBusController],
  providers: [MembershipService],
})
export class MembershipModule {}
