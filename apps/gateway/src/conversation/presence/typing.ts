import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { LIMITS } from '@app/contracts/edge';
import { FanOut } from '../../edge/sockets/user-sockets.js';

/** Someone who writes, until the timer ends it, and those who were told. */
interface Writing {
  readonly chatId: string;
  readonly userId: string;
  readonly timer: NodeJS.Timeout;
  readonly told: Set<string>;
}

/** Who is writing: told to the other members, and ended after 6 s without another sign. */
@Injectable()
export class Typing implements OnModuleDestroy {
  private readonly writing = new Map<string, Writing>();

  constructor(private readonly fanOut: FanOut) {}

  /** Notes that a member writes or stopped. */
  set(chatId: string, userId: string, typing: boolean, memberIds: readonly string[]): void {
    const key = `${chatId}/${userId}`;
    const before = this.writing.get(key);
    clearTimeout(before?.timer);
    this.writing.delete(key);
    const told = new Set(memberIds.filter((id) => id !== userId));
    const tell = (state: boolean): void =>
      this.fanOut.emit(told, 'typing', { chatId, userId, typing: state });
    if (typing) {
      const timer = setTimeout(() => {
        this.writing.delete(key);
        tell(false);
      }, LIMITS.typingMs);
      this.writing.set(key, { chatId, userId, timer, told });
    }
    if (typing || before) tell(typing);
  }

  /** A member left: writes there no more, and hears no more of who writes. */
  left(chatId: string, userId: string): void {
    for (const [key, writing] of this.writing) {
      if (writing.chatId !== chatId) continue;
      writing.told.delete(userId);
      if (writing.userId === userId) this.end(key, writing);
    }
  }

  /** A chat is gone: nobody hears of it any more. */
  chatGone(chatId: string): void {
    for (const [key, writing] of this.writing) if (writing.chatId === chatId) this.end(key, writing);
  }

  /** Ends all timers. */
  onModuleDestroy(): void {
    for (const [key, writing] of this.writing) this.end(key, writing);
  }

  private end(key: string, writing: Writing): void {
    clearTimeout(writing.timer);
    this.writing.delete(key);
  }
}
