// Whether a browser can use a port: whether it opens it at all, whether it is free, and who holds it if it is not.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';

/** The ports that browsers refuse to open: the Fetch Standard's list of bad ports. The gateway has the same. */
export const BLOCKED_PORTS = new Set([
  1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104,
  109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515,
  526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049,
  3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10_080,
]);

/** @param {number} port @param {string} host */
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
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

/** Who listens on a port, by Linux's own tables. @param {number} port */
function holderInProc(port) {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const sockets = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([, local, , state]) => state === '0A' && local?.endsWith(`:${hex}`))
      .map((columns) => `socket:[${columns[9]}]`),
  );
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
    try {
      if (
        readdirSync(`/proc/${pid}/fd`).some((fd) => sockets.includes(readlinkSync(`/proc/${pid}/fd/${fd}`)))
      )
        return `${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()} (process ${pid})`;
    } catch {
      // Another user's process, or one that has ended meanwhile.
    }
  return undefined;
}

/** Who listens on a port, by lsof. @param {number} port */
function holderByLsof(port) {
  const fields = execFileSync('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [, pid, name] = /^p(\d+)\nc(.+)$/m.exec(fields) ?? [];
  return pid && name ? `${name} (process ${pid})` : undefined;
}

/** Who listens on a port, where it can be known. @param {number} port */
function holderOf(port) {
  for (const ask of [holderInProc, holderByLsof])
    try {
      const holder = ask(port);
      if (holder) return holder;
    } catch {
      // Not Linux, or no lsof.
    }
  return undefined;
}

/**
 * Says in one line why a browser could not use a port.
 * @param {number} port
 * @param {string} host what the gateway will bind; `localhost` is both loopback addresses
 * @param {NodeJS.Platform} [platform]
 * @returns {Promise<string | undefined>} nothing when it is free to use
 */
export async function portProblem(port, host, platform = process.platform) {
  if (BLOCKED_PORTS.has(port)) return `PORT is ${port}, which browsers refuse: take another, such as 5000`;
  const hosts = host === 'localhost' ? ['127.0.0.1', '::1'] : [host];
  const busy = await Promise.all(hosts.map((one) => isBusy(port, one)));
  if (!busy.includes(true)) return undefined;
  const holder = holderOf(port);
  const airPlay = platform === 'darwin' && port === 5000 ? ', as macOS does for AirPlay' : '';
  let next = port < 65_535 ? port + 1 : port - 1;
  while (BLOCKED_PORTS.has(next)) next++;
  return `PORT ${port} is in use${holder ? ` by ${holder}` : ''}${airPlay}: try PORT=${next} npm start`;
}
