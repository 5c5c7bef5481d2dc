import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { LOGGER, Scrubber } from '@app/platform';
import type { Logger } from 'pino';

/** How long erased bytes may stay in the write-ahead log before it is truncated, and when a failure is retried, in milliseconds. */
const DELAY_MS = 500;

/**
 * Truncates the write-ahead log soon after single messages were erased or changed, once for all of them, and at every
 * start, for what the last process could not finish.
 */
@Injectable()
export class LogTruncation implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private failed = false;

  constructor(
    private readonly scrubber: Scrubber,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Has the log truncated within a second. */
  request(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.running = this.truncate();
    }, DELAY_MS);
  }

  /** Sees through what the last process began; a disk that cannot now is no reason not to start. */
  async onApplicationBootstrap(): Promise<void> {
    await this.truncate();
  }

  private async truncate(): Promise<void> {
    try {
      await this.scrubber.truncateWal();
      this.failed = false;
    } catch (error) {
      if (!this.failed) this.logger.error({ err: error }, 'the write-ahead log could not be truncated yet');
      this.failed = true;
      this.request();
    }
  }

  /** Sees through what this process began. */
  async onModuleDestroy(): Promise<void> {
    if (this.timer) {
      clearTimeout(this.timer);
      await this.scrubber
        .truncateWal()
        .catch((error: unknown) => this.logger.error({ err: error }, 'not truncated'));
    }
    await this.running;
  }
}
