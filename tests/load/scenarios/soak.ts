import type { Generator } from '../generator/generator.js';
import { assertFaultless } from '../generator/protocol.js';
import { memoryMiB } from '../process-tree.js';
import type { SoakMinute } from '../results.js';
import { startProduct } from '../servers/product.js';

const PAIRS = 50;
const LOAD = { kind: 'open', perSecond: 500 } as const;
const MINUTE_MS = 60_000;

/**
 * Sends 500 messages a second for a long time, and checks the messages of each minute.
 * @param folder the DATA_DIR of the product
 * @param note prints the figures of each minute
 * @throws {Error} when a message was lost, repeated, changed or out of order
 */
export async function soak(
  folder: string,
  generator: Generator,
  minutes: number,
  note: (text: string) => void,
): Promise<SoakMinute[]> {
  const product = await startProduct(folder, PAIRS);
  const taken: SoakMinute[] = [];
  try {
    const { url, members } = product;
    await generator.do({ kind: 'connect', group: 'soak', url, members });
    for (let minute = 1; minute <= minutes; minute++) {
      const order = { group: 'soak', load: LOAD, warmUpMs: 0, measureMs: MINUTE_MS };
      const result = await generator.run(order, () => undefined);
      assertFaultless(result, `minute ${minute} of the soak`);
      const { ack } = result;
      const mib = memoryMiB(product.pid);
      taken.push({ mib, ack });
      const memory = Object.entries(mib).map(([name, size]) => `${name} ${size.toFixed(0)}`);
      note(
        `minute ${minute}: ack p50 ${ack.p50.toFixed(2)} p99 ${ack.p99.toFixed(2)} ms, ${memory.join(', ')} MiB`,
      );
    }
    return taken;
  } finally {
    await generator.do({ kind: 'release' });
    await product.stop();
  }
}
