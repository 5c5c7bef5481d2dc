// Installs and builds what is missing or has changed. If nothing has changed, it only compares digests.
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { budgetProblem } from './client-budget.mjs';
import { compressClient } from './client-compression.mjs';
import { digestOf, ROOT, run, Unfit, unlessDone } from './project.mjs';

/**
 * @param {string} version such as v20.20.2
 * @throws {Unfit} if Secure Chat does not support this version of Node.js
 */
export function requireNode(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  if (major < 20 || major > 24 || (major === 20 && minor < 19))
    throw new Unfit(`Node.js ${version} is not supported: install 20.19 to 24 from https://nodejs.org`);
}

/**
 * Returns one line that explains why npm failed.
 * @param {string} output the output of npm
 * @param {string} folder the folder in which npm ran
 */
export function installProblem(output, folder) {
  if (/gyp ERR!.*network connectivity/.test(output))
    return 'better-sqlite3 could not be compiled: the headers of Node.js could not be downloaded: check the network';
  if (/gyp ERR!/.test(output))
    return 'better-sqlite3 could not be compiled: install python3, make and a C++ compiler (Debian: apt install python3 make g++; macOS: xcode-select --install)';
  if (/E(NOTFOUND|AI_AGAIN|CONNREFUSED|TIMEDOUT)/.test(output))
    return 'npm could not reach its registry: check the network';
  return `npm ci failed in ${folder === '.' ? 'the project' : folder}: run it there to see why`;
}

/**
 * Whether the installed packages match the lockfile, for example because a user has run npm.
 * @param {string} lockfile the text of package-lock.json
 * @param {string} installed the text of node_modules/.package-lock.json
 */
export function isInstalled(lockfile, installed) {
  /** @typedef {{ packages: Record<string, { version?: string, optional?: boolean, devOptional?: boolean }> }} Lock */
  const wanted = /** @type {Lock} */ (JSON.parse(lockfile)).packages;
  const there = /** @type {Lock} */ (JSON.parse(installed)).packages;
  // Optional packages for other platforms are never installed.
  return Object.entries(wanted).every(
    ([path, { version, optional, devOptional }]) =>
      path === '' ||
      (there[path] ? there[path].version === version : optional === true || devOptional === true),
  );
}

/** @param {string} folder */
function installedByHand(folder) {
  try {
    return isInstalled(
      readFileSync(join(ROOT, folder, 'package-lock.json'), 'utf8'),
      readFileSync(join(ROOT, folder, 'node_modules/.package-lock.json'), 'utf8'),
    );
  } catch {
    return false;
  }
}

/**
 * Returns the folder of the headers that were installed with this Node.js, so that compiling better-sqlite3 downloads
 * none.
 * @param {string} node the path of the executable
 * @param {string} version such as v20.20.2
 * @returns {string | undefined} the folder above include/
 */
export function headersOf(node, version) {
  const prefix = resolve(dirname(node), '..');
  try {
    const text = readFileSync(join(prefix, 'include/node/node_version.h'), 'utf8');
    const parts = ['MAJOR', 'MINOR', 'PATCH'].map(
      (part) => new RegExp(`NODE_${part}_VERSION (\\d+)`).exec(text)?.[1],
    );
    return `v${parts.join('.')}` === version ? prefix : undefined;
  } catch {
    return undefined;
  }
}

/** @param {string} folder */
async function installIn(folder) {
  const prefix = folder === '.' ? '' : `${folder}/`;
  const stamp = `${prefix}node_modules/.secure-chat-installed`;
  await unlessDone(
    {
      stamp,
      digest: digestOf([`${prefix}package-lock.json`], /^$/),
      result: `${prefix}node_modules/.package-lock.json`,
    },
    async () => {
      if (!existsSync(join(ROOT, stamp)) && installedByHand(folder)) return;
      console.error(`secure-chat: installing the packages of the ${folder === '.' ? 'server' : 'client'} …`);
      const headers = headersOf(realpathSync(process.execPath), process.version);
      const { code, output } = await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
        cwd: join(ROOT, folder),
        quiet: true,
        env: { ...(headers !== undefined && { npm_config_nodedir: headers }), ...process.env },
      });
      if (code !== 0) throw new Unfit(`${installProblem(output, folder)}${keepLog('install', output)}`);
    },
  );
}

/** Installs the packages of server and client if the lockfile or Node.js has changed. */
export async function install() {
  requireNode(process.version);
  // One compiles while the other downloads; both finish before an error is thrown.
  for (const result of await Promise.allSettled(['.', 'frontend'].map(installIn)))
    if (result.status === 'rejected') throw result.reason;
}

/**
 * Saves the output of a failed command to a file.
 * @param {string} name
 * @param {string} output
 * @returns {string} the end of the error line, with the path of the file
 */
function keepLog(name, output) {
  const file = join(ROOT, '.cache', `${name}.log`);
  mkdirSync(join(ROOT, '.cache'), { recursive: true });
  writeFileSync(file, output);
  return ` (full output: ${file})`;
}

/** The inputs that all services share. */
const SHARED = ['libs', 'package-lock.json', 'tsconfig.json', 'nest-cli.json'];

/**
 * @param {string} what
 * @param {readonly string[]} inputs
 * @param {string} result
 * @param {readonly string[]} command arguments for Node
 * @param {string} [cwd]
 * @param {() => string | undefined} [problem] processes the result; returns an error line if it is not acceptable
 */
async function buildOne(what, inputs, result, command, cwd = ROOT, problem = () => undefined) {
  return unlessDone({ stamp: `dist/.cache/${what}.digest`, digest: digestOf(inputs), result }, async () => {
    console.error(`secure-chat: building ${what} …`);
    const env = { ...process.env, NG_CLI_ANALYTICS: 'false' };
    const { code, output } = await run(process.execPath, command, { cwd, quiet: true, env });
    const fault = code === 0 ? problem() : undefined;
    if (fault !== undefined) throw new Unfit(`the ${what} exceeds its budget: ${fault}`);
    if (code === 0) return;
    console.error(output);
    throw new Unfit(`building ${what} failed`);
  });
}

function buildClient() {
  const folder = join(ROOT, 'frontend');
  const ng = join(folder, 'node_modules/@angular/cli/bin/ng.js');
  return buildOne(
    'client',
    ['frontend', 'libs/client/src', 'libs/contracts/src/edge', 'tools/client-compression.mjs'],
    'frontend/dist/browser/index.html',
    [ng, 'build'],
    folder,
    () => {
      compressClient(join(folder, 'dist/browser'));
      return budgetProblem(join(folder, 'dist/browser'));
    },
  );
}

/** What `npm start` runs. */
const PRODUCT = ['client', 'auth', 'chat', 'gateway'];

/** Everything that is built: the product and the operators' commands. */
export const EVERYTHING = [...PRODUCT, 'cli'];

/**
 * Builds parts, each only when something of it has changed.
 * @param {readonly string[]} [parts] what `npm start` runs, unless given
 */
export async function build(parts = PRODUCT) {
  // Not by npx: it takes longer to start than the compiler.
  const nest = join(ROOT, 'node_modules/@nestjs/cli/bin/nest.js');
  /** @param {string} name */
  const one = (name) => {
    if (name === 'client') return buildClient();
    const [folder, result] =
      name === 'cli'
        ? ['tools', 'dist/cli/tools/cli/main.js']
        : [`apps/${name}`, `dist/apps/${name}/apps/${name}/src/main.js`];
    return buildOne(name, [folder, ...SHARED], result, [nest, 'build', name]);
  };
  // All have ended before the first failure is told.
  for (const result of await Promise.allSettled(parts.map(one)))
    if (result.status === 'rejected') throw result.reason;
}
