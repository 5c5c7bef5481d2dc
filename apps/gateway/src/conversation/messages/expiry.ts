import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Message } from '@app/contracts/edge';
import { LOGGER } from '@app/platform';
import type { Logger } from 'pino';
import { MessageStore, type Expiry } from '../../store/message-store.js';
import { MemberAccess } from '../chats/member-access.js';
import { Broadcast } from '../live/broadcast.js';

/** How often expired messages are looked for, in milliseconds. */
const EVERY_MS = 1_000;

/** How many expired messages one batch erases: some 10 ms. */
const PER_BATCH = 200;

/** How many chats' members are requested at the same time. */
const CONCURRENCY = 16;

/** Erases messages whose time has come, and broadcasts their tombstones. */
@Injectable()
export class MessageExpiry implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private stopped = false;
  private failed = false;

  constructor(
    private readonly access: MemberAccess,
    private readonly store: MessageStore,
    private readonly broadcast: Broadcast,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Starts; what expired while the server was stopped goes first. */
  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.running ??= this.run().finally(() => (this.running = undefined));
    }, EVERY_MS);
  }

  /** Ends after the batch that is under way. */
  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    await this.running;
  }

  private async run(): Promise<void> {
    try {
      for (let erased = PER_BATCH; erased > 0 && !this.stopped;) {
        const expired = await this.store.expired(PER_BATCH);
        erased = await this.erase(expired);
      }
      this.failed = false;
    } catch (error) {
      if (!this.failed) this.logger.error({ err: error }, 'expired messages could not be erased yet');
      this.failed = true;
    }
  }

  /** @returns how many were erased: those of a chat that is being erased are not */
  private async erase(expired: readonly Expiry[]): Promise<number> {
    if (expired.length === 0) return 0;
    const members = await this.membersOf(expired);
    let erased = 0;
    await this.store.expire(expired, (message: Message) => {
      erased++;
      this.broadcast.emit(members.get(message.chatId) ?? [], 'message:deleted', { message });
    });
    return erased;
  }

  private async membersOf(expired: readonly Expiry[]): Promise<Map<string, readonly string[]>> {
    const chats = [...new Map(expired.map((expiry) => [expiry.chatId, expiry])).values()];
    const members = new Map<string, readonly string[]>();
    const worker = async (): Promise<void> => {
      for (let chat = chats.pop(); chat; chat = chats.pop())
        members.set(chat.chatId, await this.access.membersOf(chat.chatId, chat.userIds));
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
    return members;
  }
}
