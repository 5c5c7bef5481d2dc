import type { Logger } from 'pino';
import { EXIT_BAD_SETTING, SettingError } from '../config/settings.js';
import { isDamaged, sqliteCode } from '../errors/storage-failure.js';
import { freeStartMemory } from '../v8.js';

/** A Nest application, as far as it is used here. */
interface Closable {
  close(): Promise<void>;
}

/** How long a service may take to drain, in milliseconds, before it is ended. */
const DRAIN_LIMIT_MS = 8_000;

/**
 * Starts a service and stops it: on SIGTERM and SIGINT it drains once; under a supervisor it also stops when its standard
 * input closes, so that no service outlives a killed supervisor. A bad setting ends the start with one line on standard
 * error and exit code 78, and so does a damaged database, which another start would not repair.
 * @param database the name of the service's file in the data folder, for such a line
 * @param start reads the settings and starts the application
 */
export async function runService(
  database: string,
  start: () => Promise<{ app: Closable; logger: Logger; supervised: boolean }>,
): Promise<void> {
  try {
    const { app, logger, supervised } = await start();
    endOnUnhandled(logger);
    let ending = false;
    const end = (reason: string): void => {
      if (ending) return;
      ending = true;
      logger.info({ reason }, 'draining');
      setTimeout(() => process.exit(1), DRAIN_LIMIT_MS).unref();
      app.close().then(
        () => process.exit(0),
        (error: unknown) => {
          logger.error({ err: error }, 'draining failed');
          process.exit(1);
        },
      );
    };
    process.on('SIGTERM', () => end('SIGTERM'));
    process.on('SIGINT', () => end('SIGINT'));
    if (supervised)
      process.stdin
        .on('end', () => end('the supervisor is gone'))
        .on('error', () => end('the supervisor is gone'))
        .resume();
    await freeStartMemory();
    logger.info('started');
  } catch (error) {
    process.stderr.write(`secure-chat: ${reasonOf(error, database)}\n`);
    process.exit(error instanceof SettingError || isDamaged(error) ? EXIT_BAD_SETTING : 1);
  }
}

/**
 * Ends the process with exit code 1 and logs the stack when an error or rejection is not handled: the state of the process
 * is unknown then, and what was acknowledged is on disk.
 */
function endOnUnhandled(logger: Logger): void {
  const end = (error: unknown, origin: string): void => {
    logger.fatal({ err: error, origin }, 'an error was not handled, the process ends');
    process.exit(1);
  };
  process.on('uncaughtException', end);
  process.on('unhandledRejection', (error) => end(error, 'unhandledRejection'));
}

/** Returns why a start failed, in one line. */
function reasonOf(error: unknown, database: string): string {
  if (isDamaged(error)) return `DATA_DIR holds a damaged database, restore it from a backup: ${database}`;
  const code = sqliteCode(error);
  if (code !== undefined) return `DATA_DIR cannot be used (${code}): ${database}`;
  return (error instanceof Error ? error.message : 'unknown error').split('\n')[0] ?? '';
}
