import { processTree, type ProcessUse } from '../process-tree.js';

/** The limits of docker-compose.yml, in MiB. */
const LIMITS: Readonly<Record<string, number>> = { auth: 512, chat: 512, gateway: 512, 'nats-server': 128 };
const INTERVAL_MS = 100;

/** The memory use of the services. */
export interface MemoryUse {
  /** The peak of each service, in MiB. */
  readonly peakMiB: Record<string, number>;
  /** The services that exceeded their limit and were killed, or that exited. */
  readonly killed: string[];
}

/**
 * Kills services that exceed the memory limits of docker-compose.yml, as a container engine does. `HEAP` sets the heap
 * limit that Node would derive from the container's.
 */
export class MemoryLimits {
  static readonly HEAP = '--max-old-space-size=256';
  readonly #peaks = new Map<string, number>();
  readonly #killed: string[] = [];
  #known: ReadonlyMap<string, ProcessUse>;
  readonly #timer: NodeJS.Timeout;

  /** @param pid the process that started the services */
  constructor(private readonly pid: number) {
    this.#known = processTree(pid);
    this.#timer = setInterval(() => this.#check(), INTERVAL_MS);
  }

  /** Returns the use since the last call. */
  since(): MemoryUse {
    const use = { peakMiB: Object.fromEntries(this.#peaks), killed: this.#killed.splice(0) };
    this.#peaks.clear();
    return use;
  }

  /** Stops the checks. */
  stop(): void {
    clearInterval(this.#timer);
  }

  #check(): void {
    const now = processTree(this.pid);
    for (const [name, limit] of Object.entries(LIMITS)) {
      const before = this.#known.get(name);
      const use = now.get(name);
      if (before && use?.pid !== before.pid) this.#killed.push(name);
      if (!use) continue;
      this.#peaks.set(name, Math.max(this.#peaks.get(name) ?? 0, use.rssMiB));
      if (use.rssMiB > limit) process.kill(use.pid, 'SIGKILL');
    }
    this.#known = now;
  }
}
