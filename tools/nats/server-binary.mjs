// Finds a nats-server, or brings one: on PATH, in the cache, the pinned release, Debian's package, in this order.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
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

/** Where Debian puts servers, which is not on the PATH of people. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/opt/homebrew/bin'];

/**
 * The first program of this name on PATH.
 * @param {string} name
 * @param {string} [path]
 */
export function onPath(name, path = process.env['PATH'] ?? '') {
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  return [...path.split(delimiter).filter(Boolean), ...SYSTEM_FOLDERS]
    .map((folder) => join(folder, file))
    .find((candidate) => existsSync(candidate));
}

/**
 * What is known against an old server: before 2.9.23 it let people in by a default account (GHSA-fr2g-9hjm-wr23).
 * @param {string} binary
 * @returns {string | undefined} one line
 */
export function weaknessOf(binary) {
  const version = execFileSync(binary, ['--version'], { encoding: 'utf8' });
  const [, major = 0, minor = 0, patch = 0] = (/v(\d+)\.(\d+)\.(\d+)/.exec(version) ?? []).map(Number);
  if (major > 2 || minor > 9 || (minor === 9 && patch >= 23)) return undefined;
  return `nats-server ${major}.${minor}.${patch} is old (a fixed weakness of its default account does not matter here: all accounts are set); 2.9.23 or later is better`;
}

/**
 * @param {string} url
 * @throws {Unfit} when it does not come within the limit
 */
async function fetched(url) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(DOWNLOAD_LIMIT_MS) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new Unfit(
      `nats-server could not be downloaded (${cause instanceof Error ? cause.message : 'unknown'})`,
    );
  }
}

/**
 * The SHA-256 that an archive must have: our own note of it or, where we have none, what the release says of itself.
 * @param {string} base @param {string} platform @param {string} name
 */
async function digestToExpect(base, platform, name) {
  const known = SHA256[platform];
  if (known !== undefined) return known;
  const sums = (await fetched(`${base}/v${VERSION}/SHA256SUMS`)).toString();
  const line = sums.split('\n').find((one) => one.trim().endsWith(name));
  if (!line) throw new Unfit(`there is no nats-server ${VERSION} for ${platform}`);
  console.error('secure-chat: nats-server is checked against the list of digests of its own release');
  return line.split(/\s+/)[0];
}

/**
 * Downloads the pinned release and checks it before it is unpacked.
 * @param {string} folder where the program is put
 * @param {{ base?: string, platform?: string, sha256?: string }} [options] for tests: another server, platform, digest
 * @returns {Promise<string>} the program's path
 * @throws {Unfit} when it cannot be had or its digest is wrong
 */
export async function download(folder, options = {}) {
  const { base = RELEASES } = options;
  const architecture = /** @type {Record<string, string>} */ ({ x64: 'amd64', arm64: 'arm64', arm: 'arm7' })[
    process.arch
  ];
  const platform = options.platform ?? `${process.platform}-${architecture}.tar.gz`;
  const name = `nats-server-v${VERSION}-${platform}`;
  const expected = options.sha256 ?? (await digestToExpect(base, platform, name));
  const archive = await fetched(`${base}/v${VERSION}/${name}`);
  if (createHash('sha256').update(archive).digest('hex') !== expected)
    throw new Unfit('the downloaded nats-server is not the one that was released: its SHA-256 is wrong');
  const scratch = mkdtempSync(join(tmpdir(), 'secure-chat-nats-'));
  try {
    writeFileSync(join(scratch, name), archive);
    execFileSync('tar', ['-xzf', name, '--strip-components=1'], { cwd: scratch });
    return keep(join(scratch, 'nats-server'), folder);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * Puts a program into the cache; it appears there whole or not at all.
 * @param {string} file @param {string} folder
 */
function keep(file, folder) {
  mkdirSync(folder, { recursive: true });
  const program = join(folder, 'nats-server');
  copyFileSync(file, `${program}.new`);
  chmodSync(`${program}.new`, 0o755);
  renameSync(`${program}.new`, program);
  return program;
}

/**
 * Takes Debian's package apart without installing it: no root is needed.
 * @param {string} folder
 */
async function fromDebian(folder) {
  const scratch = mkdtempSync(join(tmpdir(), 'secure-chat-apt-'));
  try {
    for (const part of ['lists/partial', 'cache/archives/partial'])
      mkdirSync(join(scratch, part), { recursive: true });
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
    return keep(join(scratch, 'root/usr/sbin/nats-server'), folder);
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
  const found = onPath('nats-server', `${process.env['PATH'] ?? ''}${delimiter}${cache}`);
  if (found) return found;
  console.error('secure-chat: fetching nats-server, once …');
  for (const attempt of [() => download(cache), ...(onPath('apt-get') ? [() => fromDebian(cache)] : [])]) {
    try {
      return await attempt();
    } catch (error) {
      console.error(`secure-chat: ${error instanceof Error ? error.message : 'unknown error'}`);
    }
  }
  throw new Unfit(
    'nats-server is needed: install it (macOS: brew install nats-server; Debian: apt install nats-server; https://nats.io/download) or set NATS_URL',
  );
}
