import { cpuPerMessage, figures, nameOf, ratio, type BenchResult, type Figure } from './results.js';

/** The compared figures with their number of digits. */
const ROWS: readonly { readonly name: string; readonly figure: Figure; readonly digits: number }[] = [
  { name: 'messages/s', figure: ({ result }) => result.perSecond, digits: 0 },
  { name: 'ack p50 ms', figure: ({ result }) => result.ack.p50, digits: 2 },
  { name: 'ack p99 ms', figure: ({ result }) => result.ack.p99, digits: 2 },
  { name: 'ack p99.9 ms', figure: ({ result }) => result.ack.p999, digits: 2 },
  { name: 'delivery p50 ms', figure: ({ result }) => result.delivery.p50, digits: 2 },
  { name: 'delivery p99 ms', figure: ({ result }) => result.delivery.p99, digits: 2 },
  { name: 'delivery p99.9 ms', figure: ({ result }) => result.delivery.p999, digits: 2 },
  { name: 'CPU µs/message', figure: (slice) => cpuPerMessage(slice) * 1000, digits: 0 },
];

/** A line of the comparison: the medians of both servers, and the ratio. */
export interface ComparedRow {
  readonly load: string;
  readonly name: string;
  readonly product: string;
  readonly reference: string;
  readonly ratio: string;
}

/** Returns the comparison, load by load. */
export function compared({ slices }: Pick<BenchResult, 'slices'>): ComparedRow[] {
  const loads = [...new Set(slices.map(({ load }) => nameOf(load)))];
  return loads.flatMap((load) =>
    ROWS.map(({ name, figure, digits }) => {
      const { median, low, high } = ratio(slices, load, figure);
      return {
        load,
        name,
        product: figures(slices, 'product', load, figure).median.toFixed(digits),
        reference: figures(slices, 'reference', load, figure).median.toFixed(digits),
        ratio: `${median.toFixed(2)} (${low.toFixed(2)}-${high.toFixed(2)})`,
      };
    }),
  );
}

/** Returns the result as plain text. */
export function summary(result: BenchResult): string {
  const lines = compared(result).map(
    (row) =>
      `${row.load.padEnd(20)} ${row.name.padEnd(18)} ${row.product.padStart(9)} ${row.reference.padStart(9)}   ${row.ratio}`,
  );
  const [before, after] = result.disk;
  return [
    '',
    `${'load'.padEnd(20)} ${'figure'.padEnd(18)} ${'product'.padStart(9)} ${'reference'.padStart(9)}   ratio (lowest-highest)`,
    ...lines,
    `disk: a 4 KiB write with fsync ${before?.p50.toFixed(2)} ms p50 before, ${after?.p50.toFixed(2)} after (p99 ${before?.p99.toFixed(2)}, ${after?.p99.toFixed(2)})`,
  ].join('\n');
}
