/** How long the other tabs of a browser have to answer. In milliseconds. */
const ANSWER_MS = 250;

/** What tabs say to each other of something that happened: who would tell it, or that it is being looked at. */
interface Say {
  readonly about: string;
  readonly tab: string;
  readonly focused: boolean;
}

/** Agrees with the other tabs of this browser which of them notifies: one, and none while a tab is looked at. */
export class TabAttention {
  readonly #tab = Math.random().toString(36).slice(2);
  readonly #channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel('secure-chat.attention') : null;
  /** What was said of what happened a moment ago, by what it is about. */
  readonly #heard = new Map<string, boolean>();

  /** @param hasFocus whether this tab is looked at */
  constructor(private readonly hasFocus: () => boolean) {
    this.#channel?.addEventListener('message', ({ data }: MessageEvent<Say>) => this.#hear(data));
  }

  /** Whether it falls to this tab to notify about something that every tab learns of. */
  async falls(about: string): Promise<boolean> {
    if (!this.#channel) return true;
    this.#say(about, false);
    await new Promise((resolve) => setTimeout(resolve, ANSWER_MS));
    const taken = this.#heard.has(about);
    this.#heard.delete(about);
    return !taken;
  }

  #hear({ about, tab, focused }: Say): void {
    // A tab that is looked at answers whoever asks; among the others the first by its id notifies.
    if (!focused && this.hasFocus()) return this.#say(about, true);
    if (!focused && tab > this.#tab) return;
    this.#heard.set(about, true);
    setTimeout(() => this.#heard.delete(about), ANSWER_MS * 20);
  }

  #say(about: string, focused: boolean): void {
    this.#channel?.postMessage({ about, tab: this.#tab, focused } satisfies Say);
  }
}
