import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { LIMITS } from '@app/contracts/edge';
import { Broadcast } from './broadcast.js';

/** Someone who is typing, until the timer ends it, and the members to whom it was broadcast. */
interface TypingMember {
  readonly chatId: string;
  readonly userId: string;
  readonly timer: NodeJS.Timeout;
  readonly audience: Set<string>;
}

/** Who is typing: broadcast to the other members, and ended after 6 s without another event. */
@Injectable()
export class Typing implements OnModuleDestroy {
  private readonly typing = new Map<string, TypingMember>();

  constructor(private readonly broadcast: Broadcast) {}

  /** Broadcasts that a member is typing or stopped. */
  set(chatId: string, userId: string, typing: boolean, memberIds: readonly string[]): void {
    const key = `${chatId}/${userId}`;
    const before = this.typing.get(key);
    clearTimeout(before?.timer);
    this.typing.delete(key);
    const audience = new Set(memberIds.filter((id) => id !== userId));
    const emit = (state: boolean): void =>
      this.broadcast.emit(audience, 'typing', { chatId, userId, typing: state });
    if (typing) {
      const timer = setTimeout(() => {
        this.typing.delete(key);
        emit(false);
      }, LIMITS.typingMs);
      this.typing.set(key, { chatId, userId, timer, audience });
    }
    if (typing || before) emit(typing);
  }

  /** A member left: ends their own typing there, and broadcasts that of others to them no more. */
  left(chatId: string, userId: string): void {
    for (const [key, typing] of this.typing) {
      if (typing.chatId !== chatId) continue;
      typing.audience.delete(userId);
      if (typing.userId === userId) this.end(key, typing);
    }
  }

  /** Ends all timers. */
  onModuleDestroy(): void {
    for (const [key, typing] of this.typing) this.end(key, typing);
  }

  private end(key: string, typing: TypingMember): void {
    clearTimeout(typing.timer);
    this.typing.delete(key);
  }
}
