// Writes docs/performance.md and its charts from a result file: the one named, or the newest full one.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { figures, nameOf, type BenchResult } from '../results.js';
import { barChart } from './bar-chart.js';
import { page } from './page.js';

const RESULTS = 'tests/load/results';
const DOCS = 'docs';

const result = read(process.argv[2]);
mkdirSync(join(DOCS, 'images'), { recursive: true });
for (const [name, svg] of Object.entries(charts(result)))
  writeFileSync(join(DOCS, 'images', `bench-${name}.svg`), svg);
writeFileSync(join(DOCS, 'performance.md'), page(result));

function read(named: string | undefined): BenchResult {
  if (named !== undefined) return JSON.parse(readFileSync(named, 'utf8')) as BenchResult;
  const all = readdirSync(RESULTS)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(RESULTS, name), 'utf8')) as BenchResult)
    .filter(({ slices }) => new Set(slices.map(({ server }) => server)).size === 2);
  const newest = all.findLast(({ quick }) => !quick) ?? all.at(-1);
  if (!newest) throw new Error(`no result with both servers in ${RESULTS}: run npm run bench first`);
  return newest;
}

function charts({ slices }: BenchResult): Record<string, string> {
  const series = ['product', 'reference'] as const;
  const open = [
    ...new Set(slices.filter(({ load }) => load.kind === 'open').map(({ load }) => nameOf(load))),
  ];
  const closed = slices.filter(({ load }) => load.kind === 'closed');
  const rounds = [...new Set(closed.map(({ round }) => round))];
  return {
    throughput: barChart({
      title: 'Throughput, 50 pairs with 4 messages in flight each',
      unit: 'messages a second',
      series,
      groups: rounds.map((round) => ({
        name: `round ${round}`,
        values: series.map(
          (server) =>
            closed.find((one) => one.round === round && one.server === server)?.result.perSecond ?? NaN,
        ),
      })),
    }),
    latency: barChart({
      title: 'Acknowledgement',
      unit: 'ms',
      series: series.flatMap((server) => [`${server} p50`, `${server} p99`]),
      groups: open.map((load) => ({
        name: load,
        values: series.flatMap((server) => [
          figures(slices, server, load, ({ result: { ack } }) => ack.p50).median,
          figures(slices, server, load, ({ result: { ack } }) => ack.p99).median,
        ]),
      })),
      logarithmic: true,
    }),
  };
}
