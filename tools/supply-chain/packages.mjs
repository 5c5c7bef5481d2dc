// What the product is made of beside its own code: each package's licence, origin and install script, and what is allowed.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @typedef {object} Package
 * @property {string} name
 * @property {string} version
 * @property {string} licence SPDX, or empty where the package names none
 * @property {boolean} ships whether it runs in the product, not only where that is built and tested
 * @property {boolean} script whether it wants to run a script when it is installed
 * @property {boolean} checked whether its content is held against a digest
 */

/** Licences of what ships: they go together with the project's own. */
const SHIPPED = new Set(['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'Unlicense']);

/** Licences of what builds and tests the product and is in nobody's installation. */
const TOOLS = new Set([...SHIPPED, 'MPL-2.0', 'BlueOak-1.0.0', 'MIT-0', 'CC0-1.0', 'CC-BY-3.0', 'CC-BY-4.0']);

/** Packages that name their licence in prose alone. @type {Readonly<Record<string, string>>} */
const IN_PROSE = { pause: 'MIT' };

/**
 * Every package that wants to run a script when it is installed, and what is known of it. Only those that
 * package.json allows run.
 * @type {Readonly<Record<string, string>>}
 */
export const SCRIPTS = {
  'better-sqlite3': 'runs: fetches or compiles SQLite for this machine',
  protobufjs: 'not run: prints a notice; its code is not loaded',
  'cpu-features': 'not run: the tests of containers work without',
  ssh2: 'not run: the tests of containers work without',
  '@parcel/watcher': 'not run: the binary comes in a package of its own',
  esbuild: 'not run: the binary comes in a package of its own',
  lmdb: 'not run: the binary comes in a package of its own',
  'msgpackr-extract': 'not run: the binary comes in a package of its own',
};

/**
 * The packages of a lock file.
 * @param {string} folder where package-lock.json and node_modules are
 * @returns {Package[]} by name
 */
export function packagesOf(folder) {
  const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
  return Object.entries(packages)
    .filter(([path, entry]) => path !== '' && !entry.link)
    .map(([path, entry]) => {
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
      return {
        name,
        version: entry.version,
        licence: entry.license ?? olderForm(join(folder, path)) ?? IN_PROSE[name] ?? '',
        ships: entry.dev !== true,
        script: entry.hasInstallScript === true,
        checked: typeof entry.integrity === 'string' || entry.inBundle === true,
      };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The licence of a package that names it as npm did once. @param {string} folder @returns {string | undefined} */
function olderForm(folder) {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return undefined;
  const { licenses } = JSON.parse(readFileSync(file, 'utf8'));
  return Array.isArray(licenses) ? licenses.map(({ type }) => type).join(' OR ') : undefined;
}

/**
 * What is wrong with a set of packages.
 * @param {readonly Package[]} packages
 * @param {Readonly<Record<string, boolean>>} allowScripts of package.json
 * @returns {string[]} a line for each
 */
export function supplyProblems(packages, allowScripts) {
  const problems = packages.flatMap(({ name, version, licence, ships, script, checked }) => {
    const allowed = ships ? SHIPPED : TOOLS;
    const choices = licence.replaceAll(/[()]/g, '').split(' OR ');
    return [
      ...(choices.some((choice) => allowed.has(choice))
        ? []
        : [
            `${name} ${version}: its licence (${licence || 'none'}) is not allowed in what ${ships ? 'ships' : 'builds'}`,
          ]),
      ...(checked ? [] : [`${name} ${version}: the lock file has no digest of it`]),
      ...(script && !(name in SCRIPTS)
        ? [`${name} ${version}: its install script is not accounted for`]
        : []),
    ];
  });
  for (const name of Object.keys(allowScripts))
    if (!packages.some((entry) => entry.name === name && entry.script))
      problems.push(`${name}: allowScripts names it, but it has no install script`);
  return problems;
}
