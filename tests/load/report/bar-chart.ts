/** A group of adjacent bars, such as a load. */
export interface Group {
  readonly name: string;
  /** A value for each series. NaN draws no bar. */
  readonly values: readonly number[];
}

/** The bars of one colour. */
export interface Series {
  readonly name: string;
  readonly colour: string;
}

/** The content of a chart. */
export interface BarChart {
  readonly title: string;
  readonly unit: string;
  readonly series: readonly Series[];
  readonly groups: readonly Group[];
}

const WIDTH = 720;
const HEIGHT = 300;
const PLOT = { left: 16, right: 704, top: 64, bottom: 258 } as const;
const GAP_SHARE = 0.3;

/** Returns a bar chart as SVG, with values above the bars instead of an axis, for light and dark pages. */
export function barChart({ title, unit, series, groups }: BarChart): string {
  const all = groups.flatMap(({ values }) => values).filter((value) => value > 0);
  const highest = Math.max(...all);
  const height = (value: number): number => Math.max(1, (value / highest) * (PLOT.bottom - PLOT.top));
  const groupWidth = (PLOT.right - PLOT.left) / groups.length;
  const barWidth = Math.min(70, (groupWidth * (1 - GAP_SHARE)) / series.length);
  const bars = groups.flatMap(({ name, values }, i) => {
    const middle = PLOT.left + groupWidth * (i + 0.5);
    return [
      text(middle, PLOT.bottom + 18, name),
      ...values.map((value, j) => {
        if (!(value > 0)) return '';
        const x = middle + (j - series.length / 2) * barWidth;
        const top = PLOT.bottom - height(value);
        return (
          `<rect x="${x.toFixed(1)}" y="${top.toFixed(1)}" width="${(barWidth - 3).toFixed(1)}" ` +
          `height="${(PLOT.bottom - top).toFixed(1)}" rx="2" fill="${series[j]?.colour ?? ''}"/>` +
          text(x + (barWidth - 3) / 2, top - 5, label(value))
        );
      }),
    ];
  });
  const legend = series.map(({ name, colour }, j) => {
    const x = PLOT.left + j * 130;
    return (
      `<rect x="${x}" y="34" width="11" height="11" rx="2" fill="${colour}"/>` +
      `<text x="${x + 17}" y="44">${escape(name)}</text>`
    );
  });
  const heading = `${title} (${unit})`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escape(heading)}">`,
    '<style>text{font:12px system-ui,sans-serif;fill:#1c2430}.t{font-weight:600;font-size:14px}@media(prefers-color-scheme:dark){text{fill:#e6eaf0}}</style>',
    `<text class="t" x="${PLOT.left}" y="22">${escape(heading)}</text>`,
    ...legend,
    `<line x1="${PLOT.left}" y1="${PLOT.bottom}" x2="${PLOT.right}" y2="${PLOT.bottom}" stroke="#8894a5"/>`,
    ...bars,
    '</svg>',
    '',
  ].join('\n');
}

function text(x: number, y: number, content: string): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="middle">${escape(content)}</text>`;
}

function label(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(2);
}

function escape(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
