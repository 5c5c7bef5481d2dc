import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, freePort, temporaryFolder } from '@app/testing';
import Database from 'better-sqlite3';

/** The report that the audit prints with --json. */
export interface AuditReport {
  readonly ok: boolean;
  readonly seconds: number;
  readonly checks: readonly {
    readonly id: string;
    readonly status: 'passed' | 'failed' | 'not possible' | 'note';
    readonly says: string;
    readonly findings: readonly string[];
  }[];
}

/** The result of an audit. */
export interface AuditRun {
  readonly code: number | null;
  readonly report: AuditReport;
  readonly progress: string;
}

/** An installation that `npm start` sets up in a temporary folder, and audits of it. */
export class AuditedInstallation {
  private readonly folder = temporaryFolder();
  private child: ChildProcess | undefined;
  port = 0;

  /** Its data folder. */
  get dataDir(): string {
    return join(this.folder.path, 'data');
  }

  /** The file with its output. */
  private get log(): string {
    return join(this.folder.path, 'output.log');
  }

  /** Starts it with tools/start.mjs, without rate limits and with its output in a file, and waits until it is ready. */
  async start(): Promise<void> {
    this.port = await freePort();
    const output = openSync(this.log, 'a', 0o600);
    this.child = spawn(process.execPath, ['tools/start.mjs'], {
      env: {
        ...this.env(),
        AUTH_RATE_LIMIT: '0',
        API_RATE_LIMIT: '0',
        MESSAGE_RATE_LIMIT: '0',
        LOG_LEVEL: 'debug',
      },
      stdio: ['ignore', output, output],
    });
    const child = this.child;
    const printed = await eventually(
      () => {
        const text = readFileSync(this.log, 'utf8');
        return (text.includes('Secure Chat is ready') || child.exitCode !== null) && text;
      },
      'the installation is ready or has exited',
      // It may build first.
      200_000,
    );
    if (child.exitCode !== null) throw new Error(`the installation did not start: ${printed.slice(-500)}`);
  }

  /** Stops it and removes its data. */
  async stop(): Promise<void> {
    if (this.child?.exitCode === null) {
      this.child.kill('SIGTERM');
      await once(this.child, 'exit');
    }
    this.folder.remove();
  }

  /** Starts an audit of the installation at `port`. */
  auditProcess(port: number, args: readonly string[], settings: Record<string, string> = {}): ChildProcess {
    return spawn(process.execPath, ['tools/secure-chat.mjs', 'audit', ...args], {
      env: { ...this.env(), PORT: String(port), ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** Runs an audit and returns its report. */
  async audit(
    port = this.port,
    args = ['--quick'],
    settings: Record<string, string> = {},
  ): Promise<AuditRun> {
    return reportOf(this.auditProcess(port, ['--json', ...args], settings));
  }

  /** Runs an audit with `--logs -` while a shell repeatedly prints the installation's output and a file into the pipe. */
  async auditPipedLogs(port: number, file: string): Promise<AuditRun> {
    const script = `while cat '${this.log}' '${file}'; do sleep 1; done | node tools/secure-chat.mjs audit --json --quick --logs -`;
    const env = { ...this.env(), PORT: String(port) };
    return reportOf(spawn('sh', ['-c', script], { env, stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  /** Opens one of its databases beside the running service. */
  inStore<T>(store: 'auth' | 'chat' | 'gateway', work: (db: Database.Database) => T): T {
    const db = new Database(join(this.dataDir, `${store}.db`), { timeout: 5_000 });
    try {
      return work(db);
    } finally {
      db.close();
    }
  }

  private env(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      PORT: String(this.port),
      HOST: '127.0.0.1',
      DATA_DIR: this.dataDir,
      NATS_URL: '',
    };
  }
}

/** Returns the report of an audit process. */
async function reportOf(child: ChildProcess): Promise<AuditRun> {
  let printed = '';
  let progress = '';
  child.stdout?.on('data', (chunk) => (printed += String(chunk)));
  child.stderr?.on('data', (chunk) => (progress += String(chunk)));
  await once(child, 'close');
  if (printed === '') throw new Error(`the audit gave no report: ${progress}`);
  return { code: child.exitCode, report: JSON.parse(printed) as AuditReport, progress };
}

/** Returns the ids of the failed checks. */
export function failed({ checks }: AuditReport): string[] {
  return checks.filter(({ status }) => status === 'failed').map(({ id }) => id);
}
