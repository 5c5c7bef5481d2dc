import { LruMap, Refusal, unavailable } from '@app/platform';

/** How long an answer is believed while its owner cannot be asked, in milliseconds. */
const GRACE_MS = 15 * 60_000;
const MAX_ENTRIES = 10_000;

/** For how long an answer that was dropped on its way is asked for again, in milliseconds. */
const ASK_AGAIN_MS = 2_500;

interface Entry<V> {
  readonly value: V;
  /** By the clock that nobody sets: an hour's jump of the other one makes no answer old, and none young. */
  readonly verifiedAt: number;
}

interface Asking<V> {
  readonly key: string;
  readonly promise: Promise<V>;
  dropped: boolean;
}

/**
 * Answers of another service, believed for a while. What was asked before a revocation and arrives after it is
 * dropped, so nothing in flight brings back what has ended. While the owner does not answer, what was verified
 * within 15 minutes goes on.
 */
export class VerifiedCache<V> {
  private readonly entries = new LruMap<string, Entry<V>>(MAX_ENTRIES);
  private readonly asking = new Map<string, Asking<V>>();

  /** @param freshMs how long an answer is believed without asking again, in milliseconds */
  constructor(private readonly freshMs: number) {}

  /** The answer under a key, if it is fresh. */
  fresh(key: string): V | undefined {
    const entry = this.entries.get(key);
    return entry && performance.now() - entry.verifiedAt < this.freshMs ? entry.value : undefined;
  }

  /** Whether there is an answer under a key, fresh or not. */
  has(key: string): boolean {
    return this.entries.get(key) !== undefined;
  }

  /**
   * Gives a fresh answer, asking for it where there is none.
   * @param key what the answer is kept under
   * @param asker who asks: those who ask for the same at the same time share one question and go on in the order they came
   * @param ask asks the owner
   * @param fits whether a kept answer serves this asker
   * @throws {Refusal} what the owner refused, or SERVICE_UNAVAILABLE
   */
  async get(
    key: string,
    asker: string,
    ask: () => Promise<V>,
    fits: (value: V) => boolean = () => true,
  ): Promise<V> {
    const giveUpAt = performance.now() + ASK_AGAIN_MS;
    do {
      const entry = this.entries.get(key);
      const kept = entry && fits(entry.value) ? entry : undefined;
      if (kept && performance.now() - kept.verifiedAt < this.freshMs) return kept.value;
      const question = `${key}/${asker}`;
      let asking = this.asking.get(question);
      if (!asking || asking.dropped) this.asking.set(question, (asking = this.start(key, question, ask)));
      try {
        const value = await asking.promise;
        if (!asking.dropped) return value;
      } catch (error) {
        if (!asking.dropped) {
          const unanswered = error instanceof Refusal && error.code === 'SERVICE_UNAVAILABLE';
          if (unanswered && kept && performance.now() - kept.verifiedAt < GRACE_MS) return kept.value;
          if (!unanswered && kept) this.entries.delete(key);
          throw error;
        }
      }
    } while (performance.now() < giveUpAt);
    throw unavailable();
  }

  /** Ends an answer: it is not believed any more, nor is one that was asked for before now. */
  drop(key: string): void {
    this.entries.delete(key);
    for (const asking of this.asking.values()) if (asking.key === key) asking.dropped = true;
  }

  private start(key: string, question: string, ask: () => Promise<V>): Asking<V> {
    const asking: Asking<V> = {
      key,
      dropped: false,
      promise: ask().then(
        (value) => {
          if (!asking.dropped) this.entries.set(key, { value, verifiedAt: performance.now() });
          this.done(question, asking);
          return value;
        },
        (error: unknown) => {
          this.done(question, asking);
          throw error;
        },
      ),
    };
    return asking;
  }

  private done(question: string, asking: Asking<V>): void {
    if (this.asking.get(question) === asking) this.asking.delete(question);
  }
}
