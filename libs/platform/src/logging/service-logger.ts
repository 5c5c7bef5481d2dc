import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';
import { SettingError } from '../config/settings.js';
import { currentRequestId } from './request-context.js';

/** The injection token of the process's logger. */
export const LOGGER = Symbol('logger');

/**
 * The process's structured logger: JSON lines on standard output, never a body, key, token or text. What is logged
 * while a request is worked on carries its id.
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

/** What may be logged of a thrown value: an SQL driver's error carries its parameters, so fields are picked. */
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

/** Nest's own words in the same log. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  /** Nest's start-up lines are of interest to developers only. */
  log(message: unknown, context?: unknown): void {
    this.logger.debug({ context }, String(message));
  }

  /** Something failed. A bad setting is told by the one line that ends the start, and not twice. */
  error(message: unknown, ...rest: unknown[]): void {
    if (message instanceof SettingError) return;
    if (message instanceof Error) this.logger.error({ err: message, context: rest.at(-1) });
    // Nest takes every end of its connection for an error, also a normal stop; `BusClient` says when the bus is away.
    else if (message === NEST_DISCONNECT) this.logger.debug({ context: rest.at(-1) }, message);
    else this.logger.error({ context: rest.at(-1) }, String(message));
  }

  /** Something looks wrong. */
  warn(message: unknown, context?: unknown): void {
    this.logger.warn({ context }, String(message));
  }

  /** Details. */
  debug(message: unknown, context?: unknown): void {
    this.logger.debug({ context }, String(message));
  }

  /** More details. */
  verbose(message: unknown, context?: unknown): void {
    this.logger.trace({ context }, String(message));
  }
}
