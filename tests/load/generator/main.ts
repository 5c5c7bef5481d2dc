// The load generator: a process of its own, so that its work is not taken for a server's. Ordered over IPC.
import type { CheckedUpTo } from './check.js';
import { Crew } from './crew.js';
import { IdleSockets } from './idle-sockets.js';
import type { Order, Report } from './protocol.js';
import { run } from './run.js';

const crews = new Map<string, { crew: Crew; upTo: CheckedUpTo }>();
const idle = new IdleSockets();

function tell(report: Report): void {
  process.send?.(report);
}

/** Does one thing; a run reports by itself, everything else when it is done. */
async function follow(order: Order): Promise<void> {
  const start = performance.now();
  switch (order.kind) {
    case 'connect': {
      const crew = new Crew(order.url, order.members);
      await crew.connected();
      crews.set(order.crew, { crew, upTo: new Map() });
      break;
    }
    case 'run': {
      const connected = crews.get(order.crew);
      if (!connected) throw new Error(`no crew of this name: ${order.crew}`);
      tell({
        kind: 'ran',
        result: await run(connected.crew, connected.upTo, order, (kind) => tell({ kind })),
      });
      return;
    }
    case 'idle':
      await idle.open(order.url, order.members, order.sockets);
      break;
    case 'storm':
      await idle.storm();
      break;
    case 'release':
      idle.release();
      for (const { crew } of crews.values()) crew.close();
      crews.clear();
      break;
    case 'end':
      idle.release();
      for (const { crew } of crews.values()) crew.close();
      process.disconnect();
      return;
  }
  tell({ kind: 'done', ms: performance.now() - start });
}

process.on('message', (order: Order) => {
  follow(order).catch((error: unknown) => tell({ kind: 'failed', reason: String(error) }));
});
