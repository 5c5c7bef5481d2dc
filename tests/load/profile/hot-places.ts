import type { Profiler } from 'node:inspector';

/** A function or part of the code, with its share of all samples. */
export interface HotPlace {
  readonly name: string;
  /** From 0 to 1, of the time in which the process was not idle. */
  readonly share: number;
}

/** The CPU time of a process by function, and by package or folder. */
export interface HotPlaces {
  /** The idle share of the whole time. */
  readonly idle: number;
  readonly functions: readonly HotPlace[];
  readonly parts: readonly HotPlace[];
}

const TOP = 25;

/** Counts the samples of a CPU profile, the most expensive places first. */
export function hotPlaces({ nodes, samples = [] }: Profiler.Profile): HotPlaces {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const functions = new Map<string, number>();
  const parts = new Map<string, number>();
  let idle = 0;
  for (const id of samples) {
    const frame = frames.get(id);
    if (!frame) continue;
    if (frame.functionName === '(idle)') {
      idle++;
      continue;
    }
    const part = partOf(frame.url, frame.functionName);
    const name = `${frame.functionName || '(anonymous)'}  ${part}:${frame.lineNumber + 1}`;
    functions.set(name, (functions.get(name) ?? 0) + 1);
    parts.set(part, (parts.get(part) ?? 0) + 1);
  }
  const busy = samples.length - idle;
  const ranked = (counts: Map<string, number>): HotPlace[] =>
    [...counts]
      .sort(([, a], [, b]) => b - a)
      .slice(0, TOP)
      .map(([name, count]) => ({ name, share: count / busy }));
  return { idle: idle / samples.length, functions: ranked(functions), parts: ranked(parts) };
}

function partOf(url: string, functionName: string): string {
  if (url === '') return functionName.startsWith('(') ? functionName : 'native';
  const [, dependency] = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
  if (dependency !== undefined) return dependency;
  const [, own] = /\/((?:libs\/[^/]+|apps\/[^/]+)\/src\/[^?]*)$/.exec(url) ?? [];
  return own ?? url.replace(/^.*\//, '');
}
