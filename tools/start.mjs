// npm start: installs, builds what changed, brings NATS, runs the services, says when a browser can use it.
import { get } from 'node:http';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { missingDatabaseProblem } from './databases.mjs';
import { takeDataFolder } from './instance-lock.mjs';
import { natsInstallation } from './nats/installation.mjs';
import { SERVICES } from './nats/permissions.mjs';
import { natsServer, weaknessOf } from './nats/server-binary.mjs';
import { nodeFlags } from './node-flags.mjs';
import { freePort, portProblem } from './port.mjs';
import { build, install, requireNode } from './prepare.mjs';
import { commandLine, program, readEnvFile, ROOT, Unfit } from './project.mjs';
import { endingWithInput, Supervisor } from './supervisor.mjs';

const USAGE = `npm start
  installs, builds and runs Secure Chat; its settings are environment variables (docs/operations.md)`;

const READY_LIMIT_MS = 60_000;

/** auth stands back: hashing the passwords of many who log in at once must not keep messages waiting. */
const AUTH_NICENESS = 10;

/** A setting's text; an empty variable counts as not set. @param {string} name @param {string} otherwise */
const setting = (name, otherwise) => process.env[name]?.trim() || otherwise;

/**
 * Shows what people should see of the children's output: warnings and errors, or everything when they have chosen
 * a log level. Nothing of it goes to standard output, which is for the ready line.
 */
class ShownOutput {
  /** Whether warnings count yet: while all is starting, everybody misses everybody else. */
  warnings = false;
  #level = setting('LOG_LEVEL', '');
  /** What ends a start is the same line in every service that has the setting. @type {Set<string>} */
  #told = new Set();

  /** @param {string} name @param {string} line @param {'stdout' | 'stderr'} from */
  show(name, line, from) {
    if (name === 'nats') {
      if (/\[(ERR|FTL)\]/.test(line) || /^(debug|trace)$/.test(this.#level)) console.error(line);
      return;
    }
    const [, level = '0'] = /"level":(\d+)/.exec(line) ?? [];
    const matters = from === 'stderr' || this.#level !== '' || Number(level) >= (this.warnings ? 40 : 50);
    if (!matters || (from === 'stderr' && this.#told.has(line))) return;
    if (from === 'stderr') this.#told.add(line);
    console.error(line);
  }
}

/**
 * Starts the NATS server of this installation, unless there is one to use.
 * @param {Supervisor} supervisor
 * @param {string} dataDir
 * @returns {Promise<{ weakness?: string | undefined, settings: (service: typeof SERVICES[number]) => Record<string, string> }>}
 *   `settings` is what a service is told of it
 */
async function startBus(supervisor, dataDir) {
  if (setting('NATS_URL', '') !== '') return { settings: () => ({}) };
  const binary = await natsServer(join(ROOT, '.cache'));
  const port = await freePort();
  const { config, seeds } = await natsInstallation(join(dataDir, 'nats'), { host: '127.0.0.1', port });
  supervisor.start({ name: 'nats', ...endingWithInput(binary, ['-c', config]) });
  return {
    weakness: weaknessOf(binary),
    settings: (service) => ({ NATS_URL: `nats://127.0.0.1:${port}`, NATS_CREDS_FILE: seeds[service] }),
  };
}

/**
 * What a page answers. Not by fetch, which would cost this process, that only waits from then on, 14 MiB for good.
 * @param {string} url
 * @returns {Promise<number | undefined>}
 */
function statusOf(url) {
  return new Promise((done, failed) => {
    get(url, { agent: false, signal: AbortSignal.timeout(2_000) }, (response) => {
      response.resume();
      done(response.statusCode);
    }).once('error', failed);
  });
}

/**
 * Waits until a browser can use the product.
 * @param {string} host @param {number} port
 * @throws {Unfit} when that takes too long
 */
async function ready(host, port) {
  const any = host === 'localhost' || host === '0.0.0.0' || host === '::';
  const address = any ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  const deadline = Date.now() + READY_LIMIT_MS;
  while (Date.now() < deadline) {
    try {
      if ((await statusOf(`http://${address}:${port}/health/ready`)) === 200) return;
    } catch {
      // Not yet.
    }
    await pause(50);
  }
  const bus = setting('NATS_URL', '') === '' ? '' : 'does the server of NATS_URL answer? ';
  throw new Unfit(`not ready within ${READY_LIMIT_MS / 1000} s: ${bus}LOG_LEVEL=debug npm start shows more`);
}

// This process only waits from its start on, and what optimizes its code would stay in memory.
setFlagsFromString('--no-opt');

await program(async () => {
  if (commandLine(USAGE) === undefined) return;
  requireNode(process.version);
  readEnvFile();
  const portText = setting('PORT', '5000');
  const port = Number(portText);
  if (!/^\d+$/.test(portText) || port < 1 || port > 65_535)
    throw new Unfit('PORT must be a whole number from 1 to 65535');
  const host = setting('HOST', 'localhost');
  const dataDir = resolve(ROOT, setting('DATA_DIR', 'data'));
  const giveBack = takeDataFolder(dataDir);
  try {
    const busy = await portProblem(port, host);
    if (busy) throw new Unfit(busy);
    await install();
    await build();
    const missing = missingDatabaseProblem({ auth: dataDir, chat: dataDir, gateway: dataDir });
    if (missing !== undefined) throw new Unfit(missing);

    const output = new ShownOutput();
    const supervisor = new Supervisor({ output: (name, line, from) => output.show(name, line, from) });
    /** @type {Promise<never>} */
    const failed = new Promise((_, refuse) => supervisor.once('failed', (line) => refuse(new Unfit(line))));
    failed.catch(() => undefined);
    // The terminal and npm may both hand a signal on: the first one counts.
    const asked = new Promise((done) => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, done);
    });
    try {
      const bus = await startBus(supervisor, dataDir);
      for (const name of SERVICES)
        supervisor.start({
          name,
          command: process.execPath,
          args: [...nodeFlags(name), join(ROOT, `dist/apps/${name}/apps/${name}/src/main.js`)],
          cwd: ROOT,
          ...(name === 'auth' && { niceness: AUTH_NICENESS }),
          env: {
            MALLOC_ARENA_MAX: '2',
            ...process.env,
            ...bus.settings(name),
            DATA_DIR: dataDir,
            SUPERVISED: '1',
          },
        });
      const isReady = await Promise.race([
        ready(host, port).then(() => true),
        failed,
        asked.then(() => false),
      ]);
      if (!isReady) return;
      output.warnings = true;
      console.log(`Secure Chat is ready on http://localhost:${port}`);
      if (setting('MASTER_KEY_FILE', '') === '')
        console.error(
          'secure-chat: the master key lies beside the data; MASTER_KEY_FILE on another disk ends that',
        );
      if (bus.weakness !== undefined) console.error(`secure-chat: ${bus.weakness}`);
      await Promise.race([failed, asked]);
    } finally {
      await supervisor.end();
    }
  } finally {
    giveBack();
  }
});
process.exit();
