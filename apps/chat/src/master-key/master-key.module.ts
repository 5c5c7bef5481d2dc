import { Global, Module, type DynamicModule } from '@nestjs/common';
import { MasterKeys } from '@app/crypto';
import { ChatStore } from '../store/chat-store.js';
import { fitMasterKeys } from './fit-master-keys.js';
import { KeyRotation, MASTER_KEY_FILE } from './key-rotation.js';
import { LiveMasterKeys } from './live-master-keys.js';

/** The live versions of the master key, checked against the store before any call is answered. */
@Global()
@Module({})
export class MasterKeyModule {
  /** @param file the absolute path of the master key file; created when it is missing and there are no chats yet */
  static forFile(file: string): DynamicModule {
    return {
      module: MasterKeyModule,
      providers: [
        {
          provide: MasterKeys,
          inject: [ChatStore],
          useFactory: async (store: ChatStore) => new LiveMasterKeys(await fitMasterKeys(file, store)),
        },
        { provide: MASTER_KEY_FILE, useValue: file },
        KeyRotation,
      ],
      exports: [MasterKeys],
    };
  }
}
