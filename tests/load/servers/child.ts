import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** How long a server may take to start and to end, in milliseconds. */
const START_MS = 300_000;
const STOP_MS = 15_000;

/** A started program whose first telling line has been read. */
export interface StartedProgram {
  readonly pid: number;
  /** The line that said it is ready. */
  readonly line: string;
  readonly startMs: number;
  stop(): Promise<void>;
}

/**
 * Starts a program and waits for a line of its output.
 * @param ready whether a line says that it takes calls
 * @throws {Error} with the end of its output when it ends or stays silent for five minutes (it may have to build first)
 */
export async function startProgram(
  args: readonly string[],
  environment: Record<string, string>,
  ready: (line: string) => boolean,
): Promise<StartedProgram> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  endWithThisProcess(child);
  const line = await firstLine(child, ready, args.join(' '));
  // Read on and dropped: a full pipe would stop the server.
  child.stdout?.resume();
  child.stderr?.resume();
  return { pid: child.pid ?? 0, line, startMs: performance.now() - startedAt, stop: () => end(child) };
}

/** Nothing that was started outlives the bench, also when that is interrupted. */
function endWithThisProcess(child: ChildProcess): void {
  if (process.listenerCount('SIGINT') === 0)
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  const kill = (): boolean => child.kill('SIGTERM');
  process.once('exit', kill);
  child.once('close', () => process.off('exit', kill));
}

function firstLine(child: ChildProcess, ready: (line: string) => boolean, name: string): Promise<string> {
  return new Promise((found, failed) => {
    let output = '';
    const timer = setTimeout(() => child.kill('SIGTERM'), START_MS);
    child.once('error', failed);
    child.once('exit', () => {
      clearTimeout(timer);
      failed(new Error(`${name} did not start:\n${output.slice(-4096)}`));
    });
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      const line = output.split('\n').slice(0, -1).find(ready);
      if (line === undefined) return;
      clearTimeout(timer);
      child.removeAllListeners('exit');
      child.stdout?.off('data', read);
      found(line);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-65_536)));
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await ended;
  clearTimeout(timer);
}
