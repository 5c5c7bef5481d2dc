import { Module, type DynamicModule, type ModuleMetadata } from '@nestjs/common';
import { ServicesModule } from '../services/services.module.js';
import { ChatErasure } from './chats/chat-erasure.js';
import { ChatViews } from './chats/chat-views.js';
import { Joins } from './chats/joins.js';
import { MemberAccess } from './chats/member-access.js';
import { Membership } from './chats/membership.js';
import { MissingUsers } from './chats/missing-users.js';
import { EventsBusController } from './events.bus.controller.js';
import { LastSeen } from './live/last-seen.js';
import { Presence } from './live/presence.js';
import { Typing } from './live/typing.js';
import { ChatMessages } from './messages/chat-messages.js';
import { MessageExpiry } from './messages/expiry.js';
import { Receipts } from './messages/receipts.js';
import { SendMessage } from './messages/send.js';

/** What happens to chats: members, messages, presence. */
@Module({})
export class ConversationModule {
  /** @param ports the modules that provide the stores, `Broadcast` and `Connections` */
  static over(ports: NonNullable<ModuleMetadata['imports']>): DynamicModule {
    const provided = [
      ChatErasure,
      ChatViews,
      MemberAccess,
      Membership,
      LastSeen,
      Typing,
      ChatMessages,
      Receipts,
      SendMessage,
    ];
    return {
      module: ConversationModule,
      imports: [ServicesModule, ...ports],
      controllers: [EventsBusController],
      providers: [...provided, Joins, MessageExpiry, MissingUsers, Presence],
      exports: [...provided, ServicesModule],
    };
  }
}
