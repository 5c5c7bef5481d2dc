/** How long to wait for answers of other tabs. In milliseconds. */
const ANSWER_MS = 250;

/** A message between tabs about an event: a tab that would notify, or one that has the focus. */
interface Say {
  readonly about: string;
  readonly tab: string;
  readonly focused: boolean;
}

/** Chooses one tab of this browser that notifies, or none while a tab has the focus. */
export class TabAttention {
  readonly #tab = Math.random().toString(36).slice(2);
  readonly #channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel('secure-chat.attention') : null;
  /** The recent messages between tabs, by event. */
  readonly #heard = new Map<string, boolean>();

  /** @param hasFocus whether this tab has the focus */
  constructor(private readonly hasFocus: () => boolean) {
    this.#channel?.addEventListener('message', ({ data }: MessageEvent<Say>) => this.#hear(data));
  }

  /** Whether this tab must notify about an event that every tab receives. */
  async falls(about: string): Promise<boolean> {
    if (!this.#channel) return true;
    this.#say(about, false);
    await new Promise((resolve) => setTimeout(resolve, ANSWER_MS));
    const taken = this.#heard.has(about);
    this.#heard.delete(about);
    return !taken;
  }

  #hear({ about, tab, focused }: Say): void {
    // A tab with the focus answers; otherwise the first tab by its id notifies.
    if (!focused && this.hasFocus()) return this.#say(about, true);
    if (!focused && tab > this.#tab) return;
    this.#heard.set(about, true);
    setTimeout(() => this.#heard.delete(about), ANSWER_MS * 20);
  }

  #say(about: string, focused: boolean): void {
    this.#channel?.postMessage({ about, tab: this.#tab, focused } satisfies Say);
  }
}
