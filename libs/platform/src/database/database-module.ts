import { Global, Module, type DynamicModule } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import type { Logger } from 'pino';
import type { DataSource, DataSourceOptions } from 'typeorm';
import { LOGGER } from '../logging/service-logger.js';
import { ErasureLedger } from './erasure-ledger.js';
import { Scrubber } from './scrubber.js';
import { requireDatabaseFile, sqliteOptions } from './sqlite.js';
import { WriteQueue } from './write-queue.js';

/** A service's database for all its modules: TypeORM's data source, the one writer, the scrubber and the ledger. */
@Global()
@Module({})
export class DatabaseModule {
  /**
   * @param file an absolute path in the data folder
   * @param parts the service's entities and migrations
   * @param ledger the absolute path of the erasure ledger
   */
  static forFile(
    file: string,
    parts: Required<Pick<DataSourceOptions, 'entities' | 'migrations'>>,
    ledger: string,
  ): DynamicModule {
    requireDatabaseFile(file);
    return {
      module: DatabaseModule,
      imports: [TypeOrmModule.forRoot(sqliteOptions(file, parts))],
      providers: [
        {
          provide: WriteQueue,
          inject: [getDataSourceToken()],
          useFactory: (source: DataSource) => new WriteQueue(source),
        },
        {
          provide: Scrubber,
          inject: [WriteQueue, LOGGER],
          useFactory: (queue: WriteQueue, logger: Logger) => new Scrubber(queue, file, logger),
        },
        {
          provide: ErasureLedger,
          inject: [LOGGER],
          useFactory: (logger: Logger) => new ErasureLedger(ledger, logger),
        },
      ],
      exports: [WriteQueue, Scrubber, ErasureLedger, TypeOrmModule],
    };
  }
}
