import { Module } from '@nestjs/common';
import { ChatsClient } from './chats.client.js';

/** Which chats there are and who may enter them, as the chat service says. */
@Module({ providers: [ChatsClient], exports: [ChatsClient] })
export class ChatsModule {}
