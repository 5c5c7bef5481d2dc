import { Module } from '@nestjs/common';
import { SocketsModule } from '../edge/sockets/sockets.module.js';
import { ChatsClient } from './chats.client.js';

/** Which chats there are and who may enter them, as the chat service says. */
@Module({ imports: [SocketsModule], providers: [ChatsClient], exports: [ChatsClient] })
export class ChatsModule {}
