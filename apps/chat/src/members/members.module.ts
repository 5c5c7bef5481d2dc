import { Module } from '@nestjs/common';
import { ChatsModule } from '../chats/chats.module.js';
import { ErasureModule } from '../erasure/erasure.module.js';
import { KeysModule } from '../keys/keys.module.js';
import { ChatAccess } from './chat-access.js';
import { ChatJoining } from './join-chat.js';
import { ChatLeaving } from './leave-chat.js';
import { MemberListing } from './list-members.js';
import { UserRemoval } from './remove-user.js';

const USE_CASES = [ChatAccess, ChatJoining, ChatLeaving, MemberListing, UserRemoval];

/** The members of chats: who joins, leaves and may enter. */
@Module({ imports: [ChatsModule, ErasureModule, KeysModule], providers: USE_CASES, exports: USE_CASES })
export class MembersModule {}
