// Writes docs/performance.md and its charts from the named result file, or from the newest full one.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import {
  CLIENT_FIGURES,
  figures,
  HOSTILE_FIGURES,
  LONG_FIGURES,
  nameOf,
  SOAK_FIGURES,
  type BenchResult,
  type ClientFigures,
  type HostileFigures,
  type LongFigures,
  type Slice,
  type SoakFigures,
} from '../results.js';
import { SERVER_NAMES } from '../servers/server-under-load.js';
import { barChart } from './bar-chart.js';
import { page } from './page.js';

const RESULTS = 'tests/load/results';
const DOCS = 'docs';
const PAGE = join(DOCS, 'performance.md');
const SERIES = [
  { name: 'product', colour: '#2f6fde' },
  { name: 'reference', colour: '#9aa4b2' },
];

const result = read(process.argv[2]);
mkdirSync(join(DOCS, 'images'), { recursive: true });
for (const [name, svg] of Object.entries(charts(result)))
  writeFileSync(join(DOCS, 'images', `bench-${name}.svg`), svg);
const text = page(result, {
  client: kept(CLIENT_FIGURES) as ClientFigures | undefined,
  long: kept(LONG_FIGURES) as LongFigures | undefined,
  soak: kept(SOAK_FIGURES) as SoakFigures | undefined,
  hostile: kept(HOSTILE_FIGURES) as HostileFigures | undefined,
});
writeFileSync(PAGE, await format(text, { ...(await resolveConfig(PAGE)), filepath: PAGE }));

function kept(file: string): unknown {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

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
  const rate = ({ load }: Slice): number => (load.kind === 'open' ? load.perSecond : 0);
  const closed = slices.filter(({ load }) => load.kind === 'closed');
  const open = slices.filter(({ load }) => load.kind === 'open').sort((a, b) => rate(a) - rate(b));
  const acknowledgement = (share: 'p50' | 'p99', title: string): string =>
    barChart({
      title,
      unit: 'ms',
      series: SERIES,
      groups: [...new Set(open.map(({ load }) => nameOf(load)))].map((load) => ({
        name: load,
        values: SERVER_NAMES.map(
          (server) => figures(slices, server, load, ({ result: { ack } }) => ack[share]).median,
        ),
      })),
    });
  return {
    throughput: barChart({
      title: 'Throughput, 50 pairs with 4 messages in flight each',
      unit: 'messages a second',
      series: SERIES,
      groups: [...new Set(closed.map(({ round }) => round))].map((round) => ({
        name: `round ${round}`,
        values: SERVER_NAMES.map(
          (server) =>
            closed.find((one) => one.round === round && one.server === server)?.result.perSecond ?? NaN,
        ),
      })),
    }),
    'ack-p50': acknowledgement('p50', 'Half of all messages were acknowledged within'),
    'ack-p99': acknowledgement('p99', '99 % of all messages were acknowledged within'),
  };
}
