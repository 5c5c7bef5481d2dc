import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** How long a server may take to start and to end, in milliseconds. */
const START_MS = 300_000;
const STOP_MS = 15_000;

/** A started program that is ready. */
export interface StartedProgram {
  readonly pid: number;
  /** The line that reported that it is ready. */
  readonly line: string;
  readonly startMs: number;
  stop(): Promise<void>;
}

/**
 * Starts a program and waits for a line of its output.
 * @param ready returns whether a line reports that it is ready
 * @throws {Error} with the end of its output when it exits, or is not ready in five minutes (it may build first)
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
  // Reads and discards the output, because a full pipe would block the server.
  child.stdout?.resume();
  child.stderr?.resume();
  return { pid: child.pid ?? 0, line, startMs: performance.now() - startedAt, stop: () => end(child) };
}

/** Ends a program with this process, also after an interruption. */
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
