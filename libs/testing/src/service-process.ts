import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

/** The project's root folder. */
const ROOT = resolve(import.meta.dirname, '../../..');

/** A built service in its own process. */
export class ServiceProcess {
  /** Its standard output and standard error so far. */
  log = '';
  private child: ChildProcess | undefined;
  private closed: Promise<unknown> = Promise.resolve();
  /** The position in the log at its latest start. */
  private startOfLog = 0;

  constructor(
    readonly service: 'auth' | 'chat' | 'gateway',
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  /** The process id, while it runs. */
  get pid(): number | undefined {
    return this.running ? this.child?.pid : undefined;
  }

  /** Whether it has logged `started` since its latest start. It does not with a LOG_LEVEL above info. */
  get started(): boolean {
    return this.log.includes('"msg":"started"', this.startOfLog);
  }

  /** Whether it runs. */
  get running(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /**
   * Starts it with the given settings and no others.
   * @param through a command that executes the service, such as `['sh', '-c', 'ulimit -n 64; exec "$@"', 'sh']`
   */
  start(through: readonly string[] = []): void {
    this.startOfLog = this.log.length;
    const { PATH = '', HOME = '' } = process.env;
    const main = `dist/apps/${this.service}/apps/${this.service}/src/main.js`;
    const own = ['--enable-source-maps', main];
    const [command = process.execPath, ...args] = through;
    this.child = spawn(command, through.length > 0 ? [...args, process.execPath, ...own] : own, {
      cwd: ROOT,
      // A supervised service ends with its input pipe, so that a killed test run leaves none behind.
      env: { PATH, HOME, SUPERVISED: '1', ...this.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.closed = once(this.child, 'close');
    this.child.stdin?.on('error', () => undefined);
    const keep = (chunk: Buffer): void => {
      this.log += chunk.toString();
    };
    this.child.stdout?.on('data', keep);
    this.child.stderr?.on('data', keep);
  }

  /** Resolves with the exit code or the signal, once its whole output is in the log. */
  async exited(): Promise<number | NodeJS.Signals> {
    const { child } = this;
    if (!child) throw new Error(`${this.service} has not been started`);
    await this.closed;
    return child.exitCode ?? child.signalCode ?? -1;
  }

  /** Sends a signal. */
  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  /** Ends it with a signal and waits until it has exited. */
  async end(signal: NodeJS.Signals): Promise<void> {
    if (!this.running) return;
    this.signal(signal);
    await this.exited();
  }
}
