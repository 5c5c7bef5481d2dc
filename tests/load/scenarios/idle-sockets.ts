import { setTimeout as wait } from 'node:timers/promises';
import type { Generator } from '../generator/generator.js';
import { totalMiB } from '../process-tree.js';
import type { ServerName, ServerUnderLoad } from '../servers/server-under-load.js';

/** What connected sockets cost. */
export interface IdleSocketsResult {
  readonly server: ServerName;
  readonly sockets: number;
  readonly kibPerSocket: number;
  /** From the moment when all connect again at once until the last one is connected. */
  readonly stormMs: number;
}

/** Connects more and more sockets that do nothing, measures what each costs, then cuts all and lets all return. */
export async function idleSockets(
  server: ServerUnderLoad,
  generator: Generator,
  { socketCounts, settleMs }: { readonly socketCounts: readonly number[]; readonly settleMs: number },
): Promise<IdleSocketsResult[]> {
  const empty = totalMiB(server.pid);
  const results: IdleSocketsResult[] = [];
  for (const sockets of socketCounts) {
    await generator.do({ kind: 'idle', url: server.url, members: server.members, sockets });
    await wait(settleMs);
    const kibPerSocket = ((totalMiB(server.pid) - empty) * 1024) / sockets;
    const stormMs = await generator.do({ kind: 'storm' });
    results.push({ server: server.name, sockets, kibPerSocket, stormMs });
  }
  await generator.do({ kind: 'release' });
  return results;
}
