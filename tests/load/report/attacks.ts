import type { AttackResult } from '../hostile/hostile.js';
import type { HostileFigures } from '../results.js';
import { table } from './table.js';

/** By which factor an attack may increase other users' p99. */
const MAX_FACTOR = 3;

/** Returns how an attack misses the goals, or nothing. */
function misses(attack: AttackResult, quiet: HostileFigures['quiet']): string[] {
  return [
    ...(attack.ack.p99 > MAX_FACTOR * quiet.ack.p99 ? ['acknowledgements'] : []),
    ...(attack.http.p99 > MAX_FACTOR * quiet.http.p99 ? ['HTTP'] : []),
    ...(attack.cut > 0 ? ['sockets cut'] : []),
    ...(attack.killed.length > 0 ? [`killed: ${attack.killed.join(', ')}`] : []),
  ];
}

/** Returns the section about attacks. */
export function attacked({ at, machine, load, quiet, attacks }: HostileFigures): string {
  const ratio = (value: number, base: number): string =>
    `${(value / base).toFixed(1)} × (${value.toFixed(0)} ms)`;
  const { cpu, cores, system, node } = machine;
  return `## Latency of others during an attack

\`npm run bench -- --hostile\` plays each attack for eight seconds at default limits, from addresses of its own, while two
members write to each other and read, and 20 sockets stay connected. The goal: the p99 of others at most ${MAX_FACTOR} × that of a
quiet time (acknowledgement ${quiet.ack.p99.toFixed(0)} ms, HTTP ${quiet.http.p99.toFixed(0)} ms), no socket cut, nothing killed. There was no container
engine: a service that held more memory than docker-compose.yml gives it was killed by the run, and heaps were bounded
by \`--max-old-space-size\`. Measured at ${at} on ${cores} cores of ${cpu}, ${system}, Node ${node};
${load.toFixed(1)} processes were runnable before it started; if they are more than the cores, the times mostly show that.

${table(
  ['attack', 'ack p99', 'HTTP p99', 'refused', 'sockets closed', 'gateway, chat, auth at most, MiB', 'goal'],
  attacks.map((attack) => [
    attack.attack,
    ratio(attack.ack.p99, quiet.ack.p99),
    ratio(attack.http.p99, quiet.http.p99),
    String(attack.refused),
    String(attack.cut),
    ['gateway', 'chat', 'auth'].map((name) => (attack.peakMiB[name] ?? 0).toFixed(0)).join(', '),
    misses(attack, quiet).length === 0 ? 'reached' : `**not reached**: ${misses(attack, quiet).join(', ')}`,
  ]),
)}`;
}
