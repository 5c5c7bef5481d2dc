import type { Generator } from '../generator/generator.js';
import { percentiles, type Percentiles } from '../generator/percentiles.js';
import type { RunResult } from '../generator/protocol.js';
import { call, type Account } from '../servers/product-api.js';

/** The load of messages meanwhile. */
export const STEADY = { load: { kind: 'open', perSecond: 500 }, warmUpMs: 1_000 } as const;

/** The latencies of messages and log-ins while many users log in at the same time. */
export interface LogInStormResult {
  readonly logIns: number;
  readonly logIn: Percentiles;
  readonly quiet: RunResult;
  readonly storm: RunResult;
}

/**
 * Sends 500 messages a second while all accounts log in at the same moment.
 * @param group a connected group
 * @param quiet the figures of the same load without log-ins
 */
export async function logInStorm(
  url: string,
  generator: Generator,
  group: string,
  accounts: readonly Account[],
  measureMs: number,
  quiet: RunResult,
): Promise<LogInStormResult> {
  let logIns: Promise<number[]> = Promise.resolve([]);
  const storm = await generator.run({ group, ...STEADY, measureMs }, (at) => {
    if (at === 'measuring') logIns = Promise.all(accounts.map((account) => logIn(url, account)));
  });
  return { logIns: accounts.length, logIn: percentiles(await logIns), quiet, storm };
}

async function logIn(url: string, { username, password }: Account): Promise<number> {
  const start = performance.now();
  await call(url, 'POST', '/auth/login', '', { username, password });
  return performance.now() - start;
}
