// Installs and builds what is missing or has changed; the second time it only compares digests.
import { ROOT, digestOf, run, unlessDone, Unfit } from './project.mjs';

/**
 * @param {string} version such as v20.20.2
 * @throws {Unfit} when this Node is not one that the product runs on
 */
export function requireNode(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  if (major < 20 || major > 24 || (major === 20 && minor < 19))
    throw new Unfit(`Node.js ${version} does not fit: it must be 20.19 to 24, see https://nodejs.org`);
}

/**
 * What went wrong when npm failed, as one line for people.
 * @param {string} output what npm printed
 * @param {string} folder where it was run
 */
export function installProblem(output, folder) {
  if (/better-sqlite3|node-gyp/.test(output) && /(not found|No such file|ENOENT|gyp ERR! (find|stack|build))/.test(output))
    return 'better-sqlite3 could not be compiled: install python3, make and a C++ compiler (Debian: apt install python3 make g++; macOS: xcode-select --install)';
  if (/E(NOTFOUND|AI_AGAIN|CONNREFUSED|TIMEDOUT)|network/.test(output)) return 'npm could not reach its registry: check the network';
  return `npm ci failed in ${folder}: run it there to see why`;
}

/** @param {string} folder */
async function installIn(folder) {
  const prefix = folder === '.' ? '' : `${folder}/`;
  await unlessDone(
    {
      stamp: `${prefix}node_modules/.secure-chat-installed`,
      digest: digestOf([`${prefix}package-lock.json`], /^$/),
      result: `${prefix}node_modules/.package-lock.json`,
    },
    async () => {
      console.error(`secure-chat: installing ${folder === '.' ? 'the server' : 'the client'}'s packages, once …`);
      const { code, output } = await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
        cwd: `${ROOT}/${folder}`,
        quiet: true,
      });
      if (code !== 0) {
        console.error(output.split('\n').slice(-25).join('\n'));
        throw new Unfit(installProblem(output, folder));
      }
    },
  );
}

/** Installs the packages of server and client. */
export async function install() {
  requireNode(process.version);
  await installIn('.');
  await installIn('frontend');
}

const SHARED = ['libs', 'package-lock.json', 'tsconfig.json', 'nest-cli.json'];

/**
 * @param {string} what
 * @param {readonly string[]} inputs
 * @param {string} result
 * @param {() => Promise<{ code: number, output: string }>} command
 */
async function buildOne(what, inputs, result, command) {
  return unlessDone({ stamp: `dist/.cache/${what}.digest`, digest: digestOf(inputs), result }, async () => {
    console.error(`secure-chat: building ${what} …`);
    const { code, output } = await command();
    if (code === 0) return;
    console.error(output);
    throw new Unfit(`building ${what} failed`);
  });
}

/** Builds the services and the client, each only when something of it has changed. */
export async function build() {
  const services = ['auth', 'chat', 'gateway'].map((name) =>
    buildOne(name, [`apps/${name}`, ...SHARED], `dist/apps/${name}/apps/${name}/src/main.js`, () =>
      run('npx', ['nest', 'build', name], { quiet: true }),
    ),
  );
  const client = buildOne(
    'client',
    ['frontend', 'libs/client/src', 'libs/contracts/src/edge'],
    'frontend/dist/browser/index.html',
    () => run('npx', ['ng', 'build'], { cwd: `${ROOT}/frontend`, quiet: true, env: { ...process.env, NG_CLI_ANALYTICS: 'false' } }),
  );
  // Every one of them, before the first failure is told.
  const results = await Promise.allSettled([...services, client]);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
