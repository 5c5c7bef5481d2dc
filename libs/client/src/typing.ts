import { LIMITS } from '@app/contracts/edge';

/** The dependencies and callbacks of typing. */
export interface TypingOptions {
  readonly tell: (chatId: string, typing: boolean) => void;
  readonly onChange: (chatId: string) => void;
}

/** Others show typing for 6 s after an event, so the next event is emitted a little earlier. */
const REPEAT_MS = LIMITS.typingMs / 2;

/** Typing: emits few events for the user, and ends that of others after a timeout. */
export class Typing {
  readonly #others = new Map<string, Map<string, ReturnType<typeof setTimeout>>>();
  readonly #toldAt = new Map<string, number>();

  constructor(private readonly options: TypingOptions) {}

  /** Returns the ids of the other members who are typing in a chat. */
  others(chatId: string): readonly string[] {
    return [...(this.#others.get(chatId)?.keys() ?? [])];
  }

  /** Applies an event of another member. */
  receive(chatId: string, userId: string, typing: boolean): void {
    const writing = this.#others.get(chatId) ?? new Map<string, ReturnType<typeof setTimeout>>();
    this.#others.set(chatId, writing);
    const known = writing.has(userId);
    clearTimeout(writing.get(userId));
    if (typing)
      writing.set(
        userId,
        setTimeout(() => this.receive(chatId, userId, false), LIMITS.typingMs),
      );
    else writing.delete(userId);
    if (known !== typing) this.options.onChange(chatId);
  }

  /** Call when the user presses a key (true), or empties the field or sends (false). */
  set(chatId: string, typing: boolean): void {
    const told = this.#toldAt.get(chatId);
    if (typing && told !== undefined && performance.now() - told < REPEAT_MS) return;
    if (!typing && told === undefined) return;
    if (typing) this.#toldAt.set(chatId, performance.now());
    else this.#toldAt.delete(chatId);
    this.options.tell(chatId, typing);
  }

  /** Clears everything when the connection or the session ends. */
  clear(): void {
    this.#toldAt.clear();
    for (const [chatId, writing] of this.#others) {
      for (const userId of writing.keys()) this.receive(chatId, userId, false);
    }
  }
}
