// npm start: installs, builds what changed, brings NATS, runs the services, says when a browser can use it.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { natsInstallation } from './nats/installation.mjs';
import { natsServer } from './nats/server-binary.mjs';
import { SERVICES } from './nats/permissions.mjs';
import { build, install, requireNode } from './prepare.mjs';
import { program, ROOT, Unfit } from './project.mjs';
import { endingWithInput, Supervisor } from './supervisor.mjs';

const READY_LIMIT_MS = 60_000;

/** Whether anything listens on a port of this machine already. @param {number} port @param {string} host */
async function isBusy(port, host) {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  } finally {
    server.close();
  }
}

/** A free port on 127.0.0.1. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

/** Who listens on a port, where Linux says so. @param {number} port */
function holderOf(port) {
  try {
    const hex = port.toString(16).toUpperCase().padStart(4, '0');
    const inodes = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .map((line) => line.trim().split(/\s+/))
        .filter(([, local, , state]) => state === '0A' && local?.endsWith(`:${hex}`))
        .map((columns) => `socket:[${columns[9]}]`),
    );
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
      try {
        if (readdirSync(`/proc/${pid}/fd`).some((fd) => inodes.includes(readlinkSync(`/proc/${pid}/fd/${fd}`))))
          return ` by ${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()} (process ${pid})`;
      } catch {
        // Another user's process, or one that has ended meanwhile.
      }
  } catch {
    // Not Linux.
  }
  return process.platform === 'darwin' && port === 5000 ? ' (macOS uses it for AirPlay)' : '';
}

/** @param {string} folder */
function requireWritable(folder) {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : 'unknown';
    throw new Unfit(`DATA_DIR cannot be written (${code}): ${folder}`);
  }
}

/** A server this old has defaults of which a fixed weakness is known; ours defines its accounts. @param {string} binary */
function warnOfOldServer(binary) {
  const [, major = 0, minor = 0, patch = 0] = (/v(\d+)\.(\d+)\.(\d+)/.exec(execFileSync(binary, ['--version'], { encoding: 'utf8' })) ?? []).map(Number);
  if (major === 2 && (minor < 9 || (minor === 9 && patch < 23)))
    console.error(`secure-chat: nats-server ${major}.${minor}.${patch} is older than 2.9.23; this configuration does not rely on its defaults, but update it`);
}

await program(async () => {
  requireNode(process.version);
  const portText = process.env['PORT']?.trim() || '5000';
  const port = Number(portText);
  if (!/^\d+$/.test(portText) || port < 1 || port > 65_535) throw new Unfit('PORT must be a whole number from 1 to 65535');
  const host = process.env['HOST']?.trim() || 'localhost';
  if (await isBusy(port, host === 'localhost' ? '127.0.0.1' : host))
    throw new Unfit(`PORT ${port} is in use${holderOf(port)}: try PORT=${port + 1} npm start`);
  const dataDir = resolve(ROOT, process.env['DATA_DIR']?.trim() || 'data');
  requireWritable(dataDir);
  await install();
  await build();

  const chatty = Boolean(process.env['LOG_LEVEL']);
  const supervisor = new Supervisor({
    output: (name, chunk, from) => {
      const lines = chunk.toString().split('\n').filter(Boolean);
      const shown = name === 'nats' ? lines.filter((line) => /\[(ERR|FTL)\]/.test(line)) : from === 'stderr' || chatty ? lines : lines.filter((line) => /"level":(40|50|60)/.test(line));
      for (const line of shown) console.error(line);
    },
  });
  /** @type {Promise<never>} */
  const failed = new Promise((_, refuse) => supervisor.once('failed', (line) => refuse(new Unfit(line))));
  failed.catch(() => undefined);
  const asked = new Promise((done) => {
    // npm and the terminal may both hand the signal on: the first one counts.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => done(undefined));
  });

  /** @type {Record<string, string>} */
  const bus = {};
  /** @type {Record<string, string>} */
  let seeds = {};
  if (!process.env['NATS_URL']) {
    const binary = await natsServer(join(ROOT, '.cache'));
    warnOfOldServer(binary);
    const natsPort = await freePort();
    const installation = await natsInstallation(join(dataDir, 'nats'), { host: '127.0.0.1', port: natsPort });
    seeds = installation.seeds;
    bus['NATS_URL'] = `nats://127.0.0.1:${natsPort}`;
    const { command, args } = endingWithInput(binary, ['-c', installation.config]);
    supervisor.start({ name: 'nats', command, args, endsByPipe: true });
  }
  for (const name of SERVICES)
    supervisor.start({
      name,
      command: process.execPath,
      args: ['--enable-source-maps', join(ROOT, `dist/apps/${name}/apps/${name}/src/main.js`)],
      cwd: ROOT,
      env: {
        ...process.env,
        ...bus,
        ...(seeds[name] !== undefined && { NATS_CREDS_FILE: seeds[name] }),
        DATA_DIR: dataDir,
        SUPERVISED: '1',
      },
    });

  const probe = host === 'localhost' || host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  const ready = async () => {
    const deadline = Date.now() + READY_LIMIT_MS;
    while (Date.now() < deadline) {
      try {
        const { status } = await fetch(`http://${probe}:${port}/health/ready`, { signal: AbortSignal.timeout(2_000) });
        if (status === 200) return 'ready';
      } catch {
        // Not yet.
      }
      await pause(50);
    }
    throw new Unfit(`not ready within ${READY_LIMIT_MS / 1000} s; LOG_LEVEL=debug npm start shows more`);
  };
  try {
    if ((await Promise.race([ready(), failed, asked])) === 'ready') {
      console.log(`Secure Chat is ready on http://localhost:${port}`);
      if (!process.env['MASTER_KEY_FILE'])
        console.error('secure-chat: the master key lies beside the data; MASTER_KEY_FILE on another disk ends that');
      await Promise.race([failed, asked]);
    }
  } finally {
    await supervisor.end();
  }
});
process.exit();
