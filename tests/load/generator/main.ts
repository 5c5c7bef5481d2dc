// The load generator: a process of its own, so that its work is not taken for a server's. Ordered over IPC.
import type { ServerName } from '../servers/server-under-load.js';
import type { CheckedUpTo } from './check.js';
import { Crew } from './crew.js';
import type { Order, Report } from './protocol.js';
import { run } from './run.js';

const crews = new Map<ServerName, { crew: Crew; upTo: CheckedUpTo }>();

function tell(report: Report): void {
  process.send?.(report);
}

async function follow(order: Order): Promise<void> {
  if (order.kind === 'connect') {
    const crew = new Crew(order.url, order.members);
    await crew.connected();
    crews.set(order.server, { crew, upTo: new Map() });
    tell({ kind: 'connected' });
  } else if (order.kind === 'run') {
    const connected = crews.get(order.server);
    if (!connected) throw new Error(`not connected to ${order.server}`);
    tell({ kind: 'ran', result: await run(connected.crew, connected.upTo, order, (kind) => tell({ kind })) });
  } else {
    for (const { crew } of crews.values()) crew.close();
    process.disconnect();
  }
}

process.on('message', (order: Order) => {
  follow(order).catch((error: unknown) => tell({ kind: 'failed', reason: String(error) }));
});
