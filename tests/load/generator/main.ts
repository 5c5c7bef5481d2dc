// The load generator. It runs in its own process, so that its CPU time is not counted as a server's, and gets orders by IPC.
import type { CheckedUpTo } from './check.js';
import { LoadUsers } from './load-users.js';
import { IdleSockets } from './idle-sockets.js';
import type { Order, Report } from './protocol.js';
import { run } from './run.js';

const groups = new Map<string, { users: LoadUsers; upTo: CheckedUpTo }>();
const idle = new IdleSockets();

function send(report: Report): void {
  process.send?.(report);
}

/** Executes an order and reports its end. */
async function execute(order: Order): Promise<void> {
  const start = performance.now();
  switch (order.kind) {
    case 'connect': {
      const users = new LoadUsers(order.url, order.members);
      await users.connected();
      groups.set(order.group, { users, upTo: new Map() });
      break;
    }
    case 'run': {
      const connected = groups.get(order.group);
      if (!connected) throw new Error(`no group of this name: ${order.group}`);
      send({
        kind: 'ran',
        result: await run(connected.users, connected.upTo, order, (kind) => send({ kind })),
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
      for (const { users } of groups.values()) users.close();
      groups.clear();
      break;
    case 'end':
      idle.release();
      for (const { users } of groups.values()) users.close();
      process.disconnect();
      return;
  }
  send({ kind: 'done', ms: performance.now() - start });
}

process.on('message', (order: Order) => {
  execute(order).catch((error: unknown) => send({ kind: 'failed', reason: String(error) }));
});
