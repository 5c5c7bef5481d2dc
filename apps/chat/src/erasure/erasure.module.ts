import { Module } from '@nestjs/common';
import { Telemetry } from '@app/platform';
import { ActivityModule } from '../activity/activity.module.js';
import { KeysModule } from '../keys/keys.module.js';
import { ChatStore } from '../store/chat-store.js';
import { ChatErasure } from './erase-chat.js';

/** The erasure of chats. */
@Module({ imports: [ActivityModule, KeysModule], providers: [ChatErasure], exports: [ChatErasure] })
export class ErasureModule {
  constructor(telemetry: Telemetry, store: ChatStore) {
    telemetry.gauge(
      'erasures_pending',
      'Destroyed chats of which bytes may still be in the file.',
      async () => (await store.erasures.listUnscrubbed()).length,
    );
  }
}
