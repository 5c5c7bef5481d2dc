import { LIMITS } from '@app/contracts/edge';

/** What typing needs and tells. */
export interface TypingOptions {
  readonly tell: (chatId: string, typing: boolean) => void;
  readonly onChange: (chatId: string) => void;
}

/** Writing goes on for others for 6 s after it was told; so it is told again a little earlier. */
const REPEAT_MS = LIMITS.typingMs / 2;

/** Who is writing: what the user does is told seldom, what others do ends by itself. */
export class Typing {
  readonly #others = new Map<string, Map<string, ReturnType<typeof setTimeout>>>();
  readonly #toldAt = new Map<string, number>();

  constructor(private readonly options: TypingOptions) {}

  /** Ids of the others who are writing in a chat. */
  others(chatId: string): readonly string[] {
    return [...(this.#others.get(chatId)?.keys() ?? [])];
  }

  /** Another member began, goes on or stopped. */
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

  /** The user pressed a key (true), or emptied the field or sent (false). */
  set(chatId: string, typing: boolean): void {
    const told = this.#toldAt.get(chatId);
    if (typing && told !== undefined && performance.now() - told < REPEAT_MS) return;
    if (!typing && told === undefined) return;
    if (typing) this.#toldAt.set(chatId, performance.now());
    else this.#toldAt.delete(chatId);
    this.options.tell(chatId, typing);
  }

  /** Nothing is known any more: the connection or the session ended. */
  clear(): void {
    this.#toldAt.clear();
    for (const [chatId, writing] of this.#others) {
      for (const userId of writing.keys()) this.receive(chatId, userId, false);
    }
  }
}
