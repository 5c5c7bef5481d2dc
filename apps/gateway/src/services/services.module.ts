import { Module } from '@nestjs/common';
import { AuthClient } from './auth.client.js';
import { ChatsClient } from './chats.client.js';

/** The clients of the other services. */
@Module({ providers: [AuthClient, ChatsClient], exports: [AuthClient, ChatsClient] })
export class ServicesModule {}
