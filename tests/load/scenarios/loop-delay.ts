/** How often the gateway looks at its own clock, in milliseconds: a loop that is never held up is that late already. */
const INTERVAL_MS = 10;

/** How long the gateway's event loop was held up, in milliseconds. */
export interface LoopDelay {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/**
 * Reads from the gateway's metrics how long its event loop was held up since they were read last.
 * @throws {Error} when they do not tell
 */
export async function loopDelay(metricsPort: number): Promise<LoopDelay> {
  const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  const read = (name: string): number => {
    const seconds = new RegExp(`^nodejs_eventloop_lag_${name}_seconds(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(
      text,
    )?.[1];
    if (seconds === undefined) throw new Error(`the metrics say nothing of the event loop's ${name}`);
    return Math.max(0, Number(seconds) * 1_000 - INTERVAL_MS);
  };
  return { p50: read('p50'), p99: read('p99'), max: read('max') };
}
