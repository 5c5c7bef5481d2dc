import { Module } from '@nestjs/common';
import { Telemetry } from '@app/platform';
import { ChatsModule } from '../../services/services.module.js';
import { SocketsModule } from '../../edge/sockets/sockets.module.js';
import { AuthorIndex } from './erasure/author-index.js';
import { ChatEraser } from './erasure/chat-eraser.js';
import { ChatStates } from './chat-state.js';
import { Compaction } from './erasure/compaction.js';
import { LogTruncation } from './erasure/log-truncation.js';
import { MessageRepository } from './message.repository.js';
import { MessageWriter } from './message-writer.js';
import { MessagesService } from '../../conversation/messages/messages.service.js';
import { SenderEraser } from './erasure/sender-eraser.js';
import { ShortCollections } from './short-collections.js';

/** The store of sealed messages: its gate, its readers and its eraser. */
@Module({
  imports: [ChatsModule, SocketsModule],
  providers: [
    MessageRepository,
    {
      provide: ChatStates,
      inject: [MessageRepository],
      useFactory: (rows: MessageRepository) => new ChatStates(rows),
    },
    MessageWriter,
    LogTruncation,
    ShortCollections,
    MessagesService,
    Compaction,
    ChatEraser,
    AuthorIndex,
    SenderEraser,
  ],
  exports: [ChatStates, MessageWriter, MessagesService, ChatEraser, SenderEraser],
})
export class MessagesModule {
  constructor(telemetry: Telemetry, writer: MessageWriter, eraser: ChatEraser) {
    telemetry.gauge('messages_waiting', 'Messages that wait for a commit.', () => writer.waiting.messages);
    telemetry.gauge('marks_waiting', 'Marks that wait for a commit.', () => writer.waiting.marks);
    telemetry.gauge('erasures_pending', 'Erasures that have begun and not ended.', () => eraser.pending());
  }
}
