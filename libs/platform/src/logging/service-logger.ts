import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';
import { SettingError } from '../config/settings.js';
import { currentRequestId } from './request-context.js';

/** The injection token of the process's logger. */
export const LOGGER = Symbol('logger');

/**
 * Creates the structured logger of the process: JSON lines on standard output, never a body, key, token or text. Lines that
 * are logged while a request is handled carry its id.
 */
export function createLogger(service: string, level: string): Logger {
  return pino({
    name: service,
    level,
    base: { service },
    serializers: { err: describeError },
    mixin: () => {
      const requestId = currentRequestId();
      return requestId === undefined ? {} : { requestId };
    },
  });
}

/** Returns what may be logged of a thrown value: an SQL driver's error has the query's parameters, so fields are picked. */
function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error };
  return {
    type: error.name,
    ...('code' in error && { code: error.code }),
    message: error.message,
    stack: error.stack,
  };
}

const NEST_DISCONNECT = 'NatsError: type: "disconnect".';

/** Writes Nest's messages to the same log. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  /** Logs at debug level: Nest's start-up lines interest developers only. */
  log(message: unknown, context?: unknown): void {
    this.logger.debug({ context }, String(message));
  }

  /** Logs an error, but no bad setting: that is the one line with which the start ends. */
  error(message: unknown, ...rest: unknown[]): void {
    if (message instanceof SettingError) return;
    if (message instanceof Error) this.logger.error({ err: message, context: rest.at(-1) });
    // Nest reports every end of its connection as an error, also a normal stop; `BusClient` logs a lost connection.
    else if (message === NEST_DISCONNECT) this.logger.debug({ context: rest.at(-1) }, message);
    else this.logger.error({ context: rest.at(-1) }, String(message));
  }

  /** Logs a warning. */
  warn(message: unknown, context?: unknown): void {
    this.logger.warn({ context }, String(message));
  }

  /** Logs details. */
  debug(message: unknown, context?: unknown): void {
    this.logger.debug({ context }, String(message));
  }

  /** Logs more details. */
  verbose(message: unknown, context?: unknown): void {
    this.logger.trace({ context }, String(message));
  }
}
