import { LruMap, ApiError, unavailable } from '@app/platform';

/** For how long a verified answer serves while its source does not answer, in milliseconds. */
const STALE_IF_ERROR_MS = 15 * 60_000;
const MAX_ENTRIES = 10_000;

/** For how long a request whose answer was evicted on its way is repeated, in milliseconds. */
const REPEAT_MS = 2_500;

interface Entry<V> {
  readonly value: V;
  /** By the monotonic clock: a jump of the wall clock makes no answer old, and none young. */
  readonly verifiedAt: number;
}

interface Request<V> {
  readonly key: string;
  readonly promise: Promise<V>;
  evicted: boolean;
}

/**
 * A stale-if-error cache of another service's answers. An answer that was requested before an eviction and arrives after
 * it is not used, so a revocation holds whatever was in flight. While the source does not answer, what was verified
 * within 15 minutes serves on.
 */
export class StaleIfErrorCache<V> {
  private readonly entries = new LruMap<string, Entry<V>>(MAX_ENTRIES);
  private readonly requests = new Map<string, Request<V>>();

  /** @param freshMs for how long an answer serves without a new request, in milliseconds */
  constructor(private readonly freshMs: number) {}

  /** Returns the answer under a key, if it is fresh. */
  fresh(key: string): V | undefined {
    const entry = this.entries.get(key);
    return entry && performance.now() - entry.verifiedAt < this.freshMs ? entry.value : undefined;
  }

  /** Whether there is an answer under a key, fresh or not. */
  has(key: string): boolean {
    return this.entries.get(key) !== undefined;
  }

  /**
   * Returns a fresh answer, and requests it where there is none.
   * @param key what the answer is kept under
   * @param caller callers with the same name share one request (single flight) and go on in the order in which they came
   * @param load requests the answer from its source
   * @param fits whether a cached answer serves this caller
   * @throws {ApiError} what the source refused, or SERVICE_UNAVAILABLE
   */
  async get(
    key: string,
    caller: string,
    load: () => Promise<V>,
    fits: (value: V) => boolean = () => true,
  ): Promise<V> {
    const giveUpAt = performance.now() + REPEAT_MS;
    do {
      const entry = this.entries.get(key);
      const kept = entry && fits(entry.value) ? entry : undefined;
      if (kept && performance.now() - kept.verifiedAt < this.freshMs) return kept.value;
      const name = `${key}/${caller}`;
      let request = this.requests.get(name);
      if (!request || request.evicted) this.requests.set(name, (request = this.start(key, name, load)));
      try {
        const value = await request.promise;
        if (!request.evicted) return value;
      } catch (error) {
        if (!request.evicted) {
          const unanswered = error instanceof ApiError && error.code === 'SERVICE_UNAVAILABLE';
          if (unanswered && kept && performance.now() - kept.verifiedAt < STALE_IF_ERROR_MS)
            return kept.value;
          if (!unanswered && kept) this.entries.delete(key);
          throw error;
        }
      }
    } while (performance.now() < giveUpAt);
    throw unavailable();
  }

  /** Evicts an answer, and any that was requested before now. */
  evict(key: string): void {
    this.entries.delete(key);
    for (const request of this.requests.values()) if (request.key === key) request.evicted = true;
  }

  private start(key: string, name: string, load: () => Promise<V>): Request<V> {
    const request: Request<V> = {
      key,
      evicted: false,
      promise: load().then(
        (value) => {
          if (!request.evicted) this.entries.set(key, { value, verifiedAt: performance.now() });
          this.done(name, request);
          return value;
        },
        (error: unknown) => {
          this.done(name, request);
          throw error;
        },
      ),
    };
    return request;
  }

  private done(name: string, request: Request<V>): void {
    if (this.requests.get(name) === request) this.requests.delete(name);
  }
}
