import type { Profiler } from 'node:inspector';

/** A place in the code with its share of all samples. */
export interface HotPlace {
  readonly name: string;
  /** 0 to 1, of the time that the process was not idle. */
  readonly share: number;
}

/** What a process spent its time on: by function, and by package or own folder. */
export interface HotPlaces {
  /** The share of the whole time that it was idle. */
  readonly idle: number;
  readonly functions: readonly HotPlace[];
  readonly parts: readonly HotPlace[];
}

const TOP = 25;

/** Counts where a CPU profile's samples fell, the dearest first. */
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
