// npm start: installs and builds what changed, runs NATS and the services, and prints when a browser can connect.
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
  installs, builds and runs Secure Chat; docs/operations.md lists its settings`;

const READY_LIMIT_MS = 60_000;

/** auth runs at a lower priority, so that password hashing for many simultaneous log-ins does not delay messages. */
const AUTH_NICENESS = 10;

/**
 * Returns the value of a setting; an empty variable counts as not set.
 * @param {string} name
 * @param {string} otherwise
 */
const setting = (name, otherwise) => process.env[name]?.trim() || otherwise;

/**
 * Prints the warnings and errors of the child processes, or all of their output if LOG_LEVEL is set. It prints to
 * standard error: standard output has only the ready line.
 */
class ShownOutput {
  /** Whether to print warnings: during the start, the services warn that others are missing. */
  warnings = false;
  #level = setting('LOG_LEVEL', '');
  /**
   * Printed lines of standard error: an invalid setting causes the same line in several services.
   * @type {Set<string>}
   */
  #printed = new Set();

  /** @param {string} name @param {string} line @param {'stdout' | 'stderr'} from */
  show(name, line, from) {
    if (name === 'nats') {
      if (/\[(ERR|FTL)\]/.test(line) || /^(debug|trace)$/.test(this.#level)) console.error(line);
      return;
    }
    const [, level = '0'] = /"level":(\d+)/.exec(line) ?? [];
    const matters = from === 'stderr' || this.#level !== '' || Number(level) >= (this.warnings ? 40 : 50);
    if (!matters || (from === 'stderr' && this.#printed.has(line))) return;
    if (from === 'stderr') this.#printed.add(line);
    console.error(line);
  }
}

/**
 * Starts the NATS server of this installation, unless NATS_URL names another one.
 * @param {Supervisor} supervisor
 * @param {string} dataDir
 * @returns {Promise<{ weakness?: string | undefined, settings: (service: typeof SERVICES[number]) => Record<string, string> }>}
 *   `settings` returns the settings with which a service connects to it
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
 * Returns the status of a GET request. It does not use fetch, which would keep 14 MiB in this process for good.
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
 * Waits until a browser can connect.
 * @param {string} host @param {number} port
 * @throws {Unfit} if this takes too long
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
  const bus = setting('NATS_URL', '') === '' ? '' : 'check that the server of NATS_URL answers; ';
  throw new Unfit(
    `not ready within ${READY_LIMIT_MS / 1000} s: ${bus}run LOG_LEVEL=debug npm start to see why`,
  );
}

// This process mostly waits: optimized code would only take memory.
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
  const release = takeDataFolder(dataDir);
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
    // The terminal and npm may both forward a signal: the first one counts.
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
          'secure-chat: the master key is stored beside the data: set MASTER_KEY_FILE to a path on another disk',
        );
      if (bus.weakness !== undefined) console.error(`secure-chat: ${bus.weakness}`);
      await Promise.race([failed, asked]);
    } finally {
      await supervisor.end();
    }
  } finally {
    release();
  }
});
process.exit();
