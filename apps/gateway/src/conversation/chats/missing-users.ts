import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { BusClient, LOGGER } from '@app/platform';
import type { Logger } from 'pino';

/** When to look after the start, and how often then, in milliseconds. */
const FIRST_MS = 60_000;
const EVERY_MS = 24 * 3_600_000;

/** How long after a look that failed the next one is taken, in milliseconds. */
const RETRY_MS = 10 * 60_000;

/** Among so many missing users, and so large a share of all, something else is wrong: an older copy of auth's store. */
const MOST_MISSING = 50;
const MOST_SHARE = 0.02;

/**
 * Has users taken out of their chats who do not exist any more: earlier versions let a call that was under way during
 * the deletion of an account leave a membership behind, and the chat was full for ever. Members are read first and auth
 * is asked afterwards, so that a new user is never taken for a missing one.
 */
@Injectable()
export class MissingUsers implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly bus: BusClient,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Looks a minute after the start, and every day. */
  onApplicationBootstrap(): void {
    this.plan(FIRST_MS);
  }

  /** Looks no more. */
  onModuleDestroy(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** Looks once. @returns how many users were taken out of their chats */
  async remove(): Promise<number> {
    const missing: string[] = [];
    let asked = 0;
    let page: { userIds: string[]; hasMore: boolean } = { userIds: [], hasMore: true };
    while (page.hasMore && !this.stopped) {
      page = await this.bus.request('chat.members.list', { after: page.userIds.at(-1) ?? null });
      const { users } = await this.bus.request('auth.users.get', { ids: page.userIds });
      const known = new Set(users.map(({ id }) => id));
      missing.push(...page.userIds.filter((id) => !known.has(id)));
      asked += page.userIds.length;
    }
    if (missing.length > MOST_MISSING && missing.length > asked * MOST_SHARE) {
      this.logger.error(
        { missing: missing.length, members: asked },
        'auth does not know many of the members: is auth.db older than chat.db? Nothing was removed',
      );
      return 0;
    }
    for (const userId of missing) await this.bus.request('chat.members.remove', { userId });
    if (missing.length > 0)
      this.logger.info({ users: missing.length }, 'deleted users were taken out of their chats');
    return missing.length;
  }

  private plan(ms: number): void {
    this.timer = setTimeout(() => {
      this.remove().then(
        () => this.stopped || this.plan(EVERY_MS),
        () => this.stopped || this.plan(RETRY_MS),
      );
    }, ms).unref();
  }
}
