import { Module } from '@nestjs/common';
import { Telemetry } from '@app/platform';
import { ActivityModule } from '../activity/activity.module.js';
import { KeysModule } from '../keys/keys.module.js';
import { MembersModule } from '../members/members.module.js';
import { ChatErasure } from './chat-erasure.js';
import { ChatViews } from './chat-views.js';
import { ChatsBusController } from './chats.bus.controller.js';
import { ChatsRepository } from './chats.repository.js';
import { ChatsService } from './chats.service.js';
import { ErasuresRepository } from './erasures.repository.js';

/** Chats: made, listed, renamed, revealed and destroyed. */
@Module({
  imports: [ActivityModule, KeysModule, MembersModule],
  controllers: [ChatsBusController],
  providers: [ChatsRepository, ErasuresRepository, ChatViews, ChatsService, ChatErasure],
  exports: [ChatsService, ChatErasure],
})
export class ChatsModule {
  constructor(telemetry: Telemetry, erasures: ErasuresRepository) {
    telemetry.gauge(
      'erasures_pending',
      'Destroyed chats of which bytes may still be in the file.',
      () => erasures.unscrubbed().length,
    );
  }
}
