/** The resolution of the gateway's measurement, in milliseconds, which is the delay of an unblocked event loop. */
const INTERVAL_MS = 10;

/** How long the gateway's event loop was blocked, in milliseconds. */
export interface LoopDelay {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/**
 * Returns the event-loop delay from the gateway's metrics since the last call.
 * @throws {Error} when the metrics do not contain it
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
