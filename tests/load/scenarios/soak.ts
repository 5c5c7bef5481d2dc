import type { Generator } from '../generator/generator.js';
import type { Percentiles } from '../generator/percentiles.js';
import { assertFaultless } from '../generator/protocol.js';
import { memoryMiB } from '../process-tree.js';

const LOAD = { kind: 'open', perSecond: 500 } as const;
const MINUTE_MS = 60_000;

/** A minute of steady load. */
export interface SoakMinute {
  /** Memory by process at its end, in MiB. */
  readonly mib: Record<string, number>;
  readonly ack: Percentiles;
}

/**
 * Sends 500 messages a second for a long time; each minute's messages are checked as after every run.
 * @param pid of the server's first process
 * @param crew connected
 * @throws {Error} when a message was lost, repeated, changed or out of order
 */
export async function soak(
  pid: number,
  generator: Generator,
  crew: string,
  minutes: number,
  note: (text: string) => void,
): Promise<SoakMinute[]> {
  const taken: SoakMinute[] = [];
  for (let minute = 1; minute <= minutes; minute++) {
    const order = { crew, load: LOAD, warmUpMs: 0, measureMs: MINUTE_MS };
    const result = await generator.run(order, () => undefined);
    assertFaultless(result, `minute ${minute} of the soak`);
    const { ack } = result;
    const mib = memoryMiB(pid);
    taken.push({ mib, ack });
    note(
      `soak, minute ${minute}: ack p50 ${ack.p50.toFixed(2)} p99 ${ack.p99.toFixed(2)} ms, ${Object.entries(
        mib,
      )
        .map(([name, size]) => `${name} ${size.toFixed(0)}`)
        .join(', ')} MiB`,
    );
  }
  return taken;
}
