export { inBatches, yieldToEventLoop } from './event-loop/batches.js';
export { runService } from './service/run-service.js';
export { BusClient } from './bus/bus-client.js';
export { MessageHandler, MapsErrors, ConfirmedEventHandler, EventHandler } from './bus/bus-handler.js';
export { BusModule } from './bus/bus-module.js';
export { busServer } from './bus/bus-server.js';
export { leaveOut, withDeadline } from './deadline/deadline.js';
export { addToOutbox, Outbox, OUTBOX_TABLE } from './outbox/outbox.js';
export { OutboxModule } from './outbox/outbox-module.js';
export { prepareDataFolder } from './config/data-folder.js';
export { errorCode } from './config/system-files.js';
export { discardDrafts, sync, writeDurably } from './files/durable-files.mjs';
export { openFileProblem } from './files/private-files.mjs';
export { busLogin, ledgerFile, SERVICE_SETTINGS } from './config/service-settings.js';
export {
  hostName,
  oneOf,
  readSettings,
  SettingError,
  wholeNumber,
  type Setting,
  type SettingTable,
  type SettingValues,
} from './config/settings.js';
export { BatchSize } from './database/batch-size.js';
export { DatabaseModule } from './database/database-module.js';
export { ErasureLedger } from './database/erasure-ledger.js';
export { MAIN_THREAD_VACUUM_BYTES, Scrubber } from './database/scrubber.js';
export { usedBytes, readPragma, sqliteHandle, sqliteOptions, type SqliteHandle } from './database/sqlite.js';
export { isDamaged } from './errors/storage-failure.js';
export { WriteQueue } from './database/write-queue.js';
export { withRequestId } from './logging/request-context.js';
export { createLogger, LOGGER, NestLogger } from './logging/service-logger.js';
export { LruMap } from './cache/lru-map.js';
export { ApiError, toApiError, unavailable } from './errors/api-error.js';
export { Telemetry, type Counter, type Histogram } from './telemetry/telemetry.js';
export { TelemetryModule } from './service/telemetry-module.js';
export { collectYoungGeneration } from './v8.js';
export { parsePayload, SchemaPipe, validationFailed } from './validation/schema-pipe.js';
