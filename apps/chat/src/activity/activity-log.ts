import { Inject, Injectable } from '@nestjs/common';
import { LOGGER } from '@app/platform';
import type { Logger } from 'pino';
import type { ActivityEvent } from '../store/chat-store.js';

/** Logs what users did with keys and chats, by ids alone, for the operator. */
@Injectable()
export class ActivityLog {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  /** Logs a security event; called after its commit. */
  log({ type, userId, sessionId, chatId }: Omit<ActivityEvent, 'at'>): void {
    this.logger.info({ event: type, userId, sessionId, chatId }, 'security event');
  }
}
