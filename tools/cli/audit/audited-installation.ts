import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../../port.mjs';
import { ROOT, Unfit } from '../../project.mjs';

const START_LIMIT_MS = 180_000;

/** The installation that is audited. */
interface AuditedInstallation {
  readonly url: string;
  /** The file that holds all it has logged, when it was started for the audit. */
  readonly output: string | undefined;
  /** Ends what was started for the audit. */
  readonly end: () => Promise<void>;
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health/live`, { signal: AbortSignal.timeout(3_000) })).ok;
  } catch {
    return false;
  }
}

/**
 * Finds the installation that runs, or starts one for the audit on the same data.
 * @throws {Unfit} when it cannot be started, or nothing answers at `url`
 */
export async function findOrStart({
  url,
  port,
  dataDir,
  say,
}: {
  url?: string | undefined;
  port: number;
  dataDir: string;
  say: (what: string) => void;
}): Promise<AuditedInstallation> {
  const running = url ?? `http://localhost:${port}`;
  if (await answers(running)) return { url: running, output: undefined, end: async () => undefined };
  if (url !== undefined) throw new Unfit(`nothing answers at ${url}: start Secure Chat first`);

  say('nothing answers on PORT: starting Secure Chat on a free port');
  const folder = mkdtempSync(join(tmpdir(), 'secure-chat-audit-'));
  const output = join(folder, 'output.log');
  const descriptor = openSync(output, 'w', 0o600);
  const own = await freePort();
  // As talkative as it can be: what it would never log, it does not log at this level either.
  const env = {
    ...process.env,
    PORT: String(own),
    HOST: '127.0.0.1',
    DATA_DIR: dataDir,
    LOG_LEVEL: 'trace',
    REGISTRATION: 'open',
  };
  const child = spawn(process.execPath, [join(ROOT, 'tools/start.mjs')], {
    cwd: ROOT,
    env,
    stdio: ['ignore', descriptor, descriptor],
  });
  const exited = once(child, 'exit');
  const end = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await exited;
    }
    rmSync(folder, { recursive: true, force: true });
  };
  const deadline = Date.now() + START_LIMIT_MS;
  while (!readFileSync(output, 'utf8').includes('Secure Chat is ready on')) {
    if (child.exitCode !== null || Date.now() > deadline) {
      const last = readFileSync(output, 'utf8').trim().split('\n').at(-1) ?? '';
      await end();
      throw new Unfit(`Secure Chat could not be started for the audit: ${last}`);
    }
    await pause(100);
  }
  return { url: `http://127.0.0.1:${own}`, output, end };
}
