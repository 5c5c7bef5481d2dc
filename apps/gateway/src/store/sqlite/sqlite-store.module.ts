import { join } from 'node:path';
import { Module, type DynamicModule } from '@nestjs/common';
import { DatabaseModule, ledgerFile, Telemetry } from '@app/platform';
import type { GatewaySettings } from '../../settings/config.js';
import { LastSeenStore } from '../last-seen-store.js';
import { MessageStore } from '../message-store.js';
import { SecretStore } from '../secret-store.js';
import { AuthorIndex } from './erasure/author-index.js';
import { ChatEraser } from './erasure/chat-eraser.js';
import { Compaction } from './erasure/compaction.js';
import { LogTruncation } from './erasure/log-truncation.js';
import { MessageEraser } from './erasure/message-eraser.js';
import { SenderEraser } from './erasure/sender-eraser.js';
import { ChatStates } from './messages/chat-state.js';
import { History } from './messages/history.js';
import { MessageChanges } from './messages/message-changes.js';
import { MessageRepository } from './messages/message.repository.js';
import { MessageWriter } from './messages/message-writer.js';
import { ShortCollections } from './messages/short-collections.js';
import { GATEWAY_MIGRATIONS } from './migrations/migrations.js';
import { SqliteLastSeen } from './sqlite-last-seen.js';
import { SqliteMessageStore } from './sqlite-message-store.js';
import { SqliteSecrets } from './sqlite-secrets.js';

/** The stores in gateway.db. */
@Module({
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
    History,
    Compaction,
    ChatEraser,
    AuthorIndex,
    SenderEraser,
    MessageEraser,
    MessageChanges,
    { provide: MessageStore, useClass: SqliteMessageStore },
    { provide: LastSeenStore, useClass: SqliteLastSeen },
    { provide: SecretStore, useClass: SqliteSecrets },
  ],
  exports: [MessageStore, LastSeenStore, SecretStore],
})
export class SqliteStoreModule {
  constructor(telemetry: Telemetry, writer: MessageWriter, eraser: ChatEraser) {
    telemetry.gauge('messages_waiting', 'Messages that wait for a commit.', () => writer.waiting.messages);
    telemetry.gauge('marks_waiting', 'Receipts that wait for a commit.', () => writer.waiting.marks);
    telemetry.gauge('erasures_pending', 'Erasures that have begun and not ended.', () => eraser.pending());
  }

  /** Opens the database of an installation. */
  static in(settings: GatewaySettings): DynamicModule {
    const file = join(settings.DATA_DIR, 'gateway.db');
    return {
      module: SqliteStoreModule,
      imports: [
        DatabaseModule.forFile(file, { entities: [], migrations: GATEWAY_MIGRATIONS }, ledgerFile(settings)),
      ],
    };
  }
}
