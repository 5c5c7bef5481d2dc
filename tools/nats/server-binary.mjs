// Finds a nats-server, or brings one: on PATH, in the cache, the pinned release, Debian's package, in this order.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { run, Unfit } from '../project.mjs';

const VERSION = '2.12.15';
const RELEASES = 'https://github.com/nats-io/nats-server/releases/download';
const DOWNLOAD_LIMIT_MS = 10_000;

/** SHA-256 of the release's archives. @type {Readonly<Record<string, string>>} */
const SHA256 = {
  'linux-amd64.tar.gz': '58ab8131f819263897e2fc38e503e1b755b63bcafeecc7d12582487df48ca15e',
  'linux-arm64.tar.gz': 'b724db99fefbf8f5c808baa82819ee50350aee9734017e4a478f7e545cef3ab6',
  'linux-arm7.tar.gz': '72311fe4e14ce3ce22dc8e7ac02633e6f31a9bab4086c92a31fd040e59683c8a',
};

/**
 * The first program of this name on PATH.
 * @param {string} name
 * @param {string} [path]
 */
export function onPath(name, path = process.env['PATH'] ?? '') {
  return path
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));
}

/**
 * Downloads the pinned release and checks it before it is unpacked.
 * @param {string} folder where the program is put
 * @param {{ base?: string, platform?: string, sha256?: string }} [options] for tests: another server, platform, digest
 * @returns {Promise<string>} the program's path
 * @throws {Unfit} when it cannot be had or its digest is wrong
 */
export async function download(folder, options = {}) {
  const architecture = /** @type {Record<string, string>} */ ({ x64: 'amd64', arm64: 'arm64', arm: 'arm7' })[process.arch];
  const platform = options.platform ?? `${process.platform}-${architecture}.tar.gz`;
  const expected = options.sha256 ?? SHA256[platform];
  if (expected === undefined) throw new Unfit(`no nats-server is known for ${platform}`);
  const name = `nats-server-v${VERSION}-${platform}`;
  const response = await fetch(`${options.base ?? RELEASES}/v${VERSION}/${name}`, {
    signal: AbortSignal.timeout(DOWNLOAD_LIMIT_MS),
  });
  if (!response.ok) throw new Unfit(`nats-server could not be downloaded (${response.status})`);
  const archive = Buffer.from(await response.arrayBuffer());
  if (createHash('sha256').update(archive).digest('hex') !== expected)
    throw new Unfit('the downloaded nats-server is not the one that was released: its SHA-256 is wrong');
  const scratch = mkdtempSync(join(tmpdir(), 'secure-chat-nats-'));
  try {
    writeFileSync(join(scratch, name), archive);
    execFileSync('tar', ['-xzf', name, '--strip-components=1'], { cwd: scratch });
    mkdirSync(folder, { recursive: true });
    const program = join(folder, 'nats-server');
    execFileSync('cp', [join(scratch, 'nats-server'), `${program}.new`]);
    renameSync(`${program}.new`, program);
    return program;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * Takes Debian's package apart without installing it: no root is needed.
 * @param {string} folder
 */
async function fromDebian(folder) {
  const scratch = mkdtempSync(join(tmpdir(), 'secure-chat-apt-'));
  try {
    for (const part of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(scratch, part), { recursive: true });
    const options = [
      '-qq',
      `-oDir::State=${scratch}`,
      `-oDir::State::Lists=${scratch}/lists`,
      '-oDir::State::status=/var/lib/dpkg/status',
      `-oDir::Cache=${scratch}/cache`,
      `-oAPT::Sandbox::User=${userInfo().username}`,
      '-oDebug::NoLocking=1',
    ];
    for (const command of [['update'], ['download', 'nats-server']]) {
      const { code } = await run('apt-get', [...options, ...command], { cwd: scratch, quiet: true });
      if (code !== 0) throw new Unfit('apt-get could not fetch nats-server');
    }
    const deb = readdirSync(scratch).find((file) => file.endsWith('.deb'));
    execFileSync('dpkg', ['-x', deb ?? '', 'root'], { cwd: scratch });
    mkdirSync(folder, { recursive: true });
    const program = join(folder, 'nats-server');
    execFileSync('cp', [join(scratch, 'root/usr/sbin/nats-server'), program]);
    return program;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * Gives the path of a nats-server that runs.
 * @param {string} cache a folder to keep it in
 * @returns {Promise<string>}
 * @throws {Unfit} saying how to install one
 */
export async function natsServer(cache) {
  const found = onPath('nats-server') ?? [join(cache, 'nats-server')].find((file) => existsSync(file));
  if (found) return found;
  console.error('secure-chat: fetching nats-server, once …');
  for (const attempt of [() => download(cache), ...(onPath('apt-get') ? [() => fromDebian(cache)] : [])]) {
    try {
      return await attempt();
    } catch (error) {
      console.error(`secure-chat: ${error instanceof Error ? error.message : error}`);
    }
  }
  throw new Unfit('nats-server is needed: install it (macOS: brew install nats-server; Debian: apt install nats-server; https://nats.io/download) or set NATS_URL');
}
