import { Module } from '@nestjs/common';
import { ActivityModule } from '../activity/activity.module.js';
import { KeysModule } from '../keys/keys.module.js';
import { ChatCreation } from './create-chat.js';
import { ChatReading } from './read-chats.js';
import { ChatRenaming } from './rename-chat.js';
import { KeyRevealing } from './reveal-key.js';
import { ChatTimer } from './set-timer.js';

const USE_CASES = [ChatCreation, ChatReading, ChatRenaming, ChatTimer, KeyRevealing];

/** Chats: created, read, renamed, their timers set, their keys revealed. */
@Module({ imports: [ActivityModule, KeysModule], providers: USE_CASES, exports: USE_CASES })
export class ChatsModule {}
