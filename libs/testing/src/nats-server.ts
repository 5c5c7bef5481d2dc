import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { freePort } from './free-port.js';

/** A real nats-server on a free port. */
export class NatsServerUnderTest {
  private process: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly extra: readonly string[],
  ) {}

  /**
   * Starts a server and waits until it is ready.
   * @param extra arguments for nats-server, such as `-c FILE`
   * @param port where it listens; a free port by default
   */
  static async start(extra: readonly string[] = [], port?: number): Promise<NatsServerUnderTest> {
    const server = new NatsServerUnderTest(port ?? (await freePort()), extra);
    await server.up();
    return server;
  }

  /** The NATS_URL of this server. */
  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** Starts the server again after `kill` or `stop`, on the same port. */
  async up(): Promise<void> {
    const child = spawn('nats-server', ['-a', '127.0.0.1', '-p', String(this.port), ...this.extra], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.process = child;
    endWithThisProcess(child);
    let log = '';
    await new Promise<void>((ready, failed) => {
      child.once('error', failed);
      child.once('exit', () => failed(new Error(`nats-server did not start: ${log}`)));
      child.stderr.on('data', (chunk: Buffer) => {
        log = (log + chunk.toString()).slice(-4096);
        if (log.includes('Server is ready')) ready();
      });
    });
  }

  /** Connects a client that reconnects by itself. */
  connect(): Promise<NatsConnection> {
    return connect({ servers: this.url, reconnect: true, maxReconnectAttempts: -1, reconnectTimeWait: 100 });
  }

  /** Ends it with SIGKILL. */
  kill(): Promise<void> {
    return this.end('SIGKILL');
  }

  /** Ends it with SIGTERM. */
  stop(): Promise<void> {
    return this.end('SIGTERM');
  }

  /** Sends a signal, such as SIGSTOP. */
  signal(signal: NodeJS.Signals): void {
    this.process?.kill(signal);
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const running = this.process;
    this.process = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    running.kill(signal);
    await once(running, 'exit');
  }
}

/** Ends a server that outlives this process: a shell watches a pipe for it, so that no killed test run leaves one behind. */
function endWithThisProcess(child: ChildProcess): void {
  // A line means that the server has ended. End of file without a line means that this process has ended.
  const watcher = spawn('sh', ['-c', 'read -r _ || kill -9 "$0"', String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watcher.unref();
  watcher.stdin.on('error', () => undefined);
  child.once('exit', () => watcher.stdin.end('\n'));
}
