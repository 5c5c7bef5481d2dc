import { Module } from '@nestjs/common';
import { ChatKeys } from './chat-keys.js';

/** The chats' keys. */
@Module({ providers: [ChatKeys], exports: [ChatKeys] })
export class KeysModule {}
