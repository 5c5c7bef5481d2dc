import { Global, Module, type DynamicModule } from '@nestjs/common';
import { MasterKeys } from '@app/crypto';
import { WriteQueue } from '@app/platform';
import { DataSource } from 'typeorm';
import { fitMasterKeys } from './fit-master-keys.js';
import { KeyRotation, MASTER_KEY_FILE } from './key-rotation.js';
import { LiveMasterKeys } from './live-master-keys.js';

/** The live versions of the master key, checked against the store before anything is answered. */
@Global()
@Module({})
export class MasterKeyModule {
  /** @param file the absolute path of the master key file; made when it is missing and there are no chats yet */
  static forFile(file: string): DynamicModule {
    return {
      module: MasterKeyModule,
      providers: [
        {
          provide: MasterKeys,
          inject: [DataSource, WriteQueue],
          useFactory: async (source: DataSource, queue: WriteQueue) =>
            new LiveMasterKeys(await fitMasterKeys(file, source, queue)),
        },
        { provide: MASTER_KEY_FILE, useValue: file },
        KeyRotation,
      ],
      exports: [MasterKeys],
    };
  }
}
