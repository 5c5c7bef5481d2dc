import { processTree, type ProcessUse } from '../process-tree.js';

/** As in docker-compose.yml, in MiB. */
const LIMITS: Readonly<Record<string, number>> = { auth: 512, chat: 512, gateway: 512, 'nats-server': 128 };
const LOOK_MS = 100;

/** What became of the memory of the services. */
export interface MemoryUse {
  /** The most that each held, in MiB. */
  readonly peakMiB: Record<string, number>;
  /** Those that held more than they may, and were killed for it, or that ended by themselves. */
  readonly killed: string[];
}

/**
 * Holds the services to the memory that docker-compose.yml gives them: what holds more is killed, as a container engine
 * does. Heaps are bounded by `HEAP` too, for Node takes its bound from the container.
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
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** What happened since it was asked last. */
  since(): MemoryUse {
    const use = { peakMiB: Object.fromEntries(this.#peaks), killed: this.#killed.splice(0) };
    this.#peaks.clear();
    return use;
  }

  /** Looks no more. */
  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
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
