import { setTimeout as wait } from 'node:timers/promises';
import type { Generator } from '../generator/generator.js';
import { totalMiB } from '../process-tree.js';
import type { ServerName, ServerUnderLoad } from '../servers/server-under-load.js';

/** The cost of connected sockets. */
export interface IdleSocketsResult {
  readonly server: ServerName;
  readonly sockets: number;
  readonly kibPerSocket: number;
  /** The time until the last socket is connected when all reconnect at the same time. */
  readonly stormMs: number;
}

/** Connects idle sockets step by step and measures the memory of each, then disconnects and reconnects all. */
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
