import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

/** The folder of the project. */
const ROOT = resolve(import.meta.dirname, '../../..');

/** A built service as a process of its own, as it runs in earnest. */
export class ServiceProcess {
  /** What it has written to standard output and error so far. */
  log = '';
  private child: ChildProcess | undefined;
  private closed: Promise<unknown> = Promise.resolve();
  /** Where in the log its latest start begins. */
  private startOfLog = 0;

  constructor(
    readonly service: 'auth' | 'chat' | 'gateway',
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  /** The process id, while it runs. */
  get pid(): number | undefined {
    return this.running ? this.child?.pid : undefined;
  }

  /** Whether it has said since its latest start that it works; nothing is said with LOG_LEVEL above info. */
  get started(): boolean {
    return this.log.includes('"msg":"started"', this.startOfLog);
  }

  /** Whether it runs. */
  get running(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /**
   * Starts it. Its settings are those given and no others.
   * @param through a command that becomes the service, such as `['sh', '-c', 'ulimit -n 64; exec "$@"', 'sh']`
   */
  start(through: readonly string[] = []): void {
    this.startOfLog = this.log.length;
    const { PATH = '', HOME = '' } = process.env;
    const main = `dist/apps/${this.service}/apps/${this.service}/src/main.js`;
    const own = ['--enable-source-maps', main];
    const [command = process.execPath, ...args] = through;
    this.child = spawn(command, through.length > 0 ? [...args, process.execPath, ...own] : own, {
      cwd: ROOT,
      // Under supervision it ends with the pipe: nothing outlives a test run that was killed.
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

  /** Resolves with the exit code, or the signal that ended it, once all that it wrote is in the log. */
  async exited(): Promise<number | NodeJS.Signals> {
    const { child } = this;
    if (!child) throw new Error(`${this.service} was never started`);
    await this.closed;
    return child.exitCode ?? child.signalCode ?? -1;
  }

  /** Sends a signal. */
  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  /** Ends it with a signal and waits until it is gone. */
  async end(signal: NodeJS.Signals): Promise<void> {
    if (!this.running) return;
    this.signal(signal);
    await this.exited();
  }
}
