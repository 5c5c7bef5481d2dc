import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { LIMITS } from '@app/contracts/edge';
import { FanOut } from './fan-out.js';

/** Who is writing: told to the other members, and ended after 6 s without another sign. */
@Injectable()
export class Typing implements OnModuleDestroy {
  private readonly timers = new Map<string, NodeJS.Timeout>();

  constructor(private readonly fanOut: FanOut) {}

  /** Notes that a member writes or stopped. */
  set(chatId: string, userId: string, typing: boolean, memberIds: readonly string[]): void {
    const key = `${chatId}/${userId}`;
    const running = this.timers.get(key);
    clearTimeout(running);
    this.timers.delete(key);
    const tell = (state: boolean): void => {
      const others = memberIds.filter((id) => id !== userId);
      this.fanOut.emit(others, 'typing', { chatId, userId, typing: state });
    };
    if (typing)
      this.timers.set(
        key,
        setTimeout(() => {
          this.timers.delete(key);
          tell(false);
        }, LIMITS.typingMs),
      );
    if (typing || running) tell(typing);
  }

  /** Ends all timers. */
  onModuleDestroy(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
  }
}
