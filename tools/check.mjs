// npm run check: format, lint, types, import rules (each must find its planted violation), settings in the documents,
// dead code, licences, file names and readers of the environment.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { install } from './prepare.mjs';
import { commandLine, program, ROOT, run } from './project.mjs';
import { staleSettings } from './settings.mjs';
import { packagesOf, supplyProblems } from './supply-chain/packages.mjs';
import {
  databaseReaders,
  environmentReaders,
  injectingParts,
  misnamedFiles,
  sourceFiles,
} from './source-rules.mjs';

const FIXTURES = 'tools/boundaries/fixtures';

/** Runs each rule on its planted violation. @returns {Promise<string[]>} the rules that did not find it */
async function ineffectiveRules() {
  const { cruise } = await import('dependency-cruiser');
  const { default: extractTSConfig } = await import('dependency-cruiser/config-utl/extract-ts-config');
  const { default: rules } = await import('../.dependency-cruiser.mjs');
  /** @type {string[]} */
  const ineffective = [];
  const folders = readdirSync(join(ROOT, FIXTURES));
  for (const { name } of rules.forbidden)
    if (!folders.includes(name)) ineffective.push(`${name} (no fixture)`);
  for (const name of folders) {
    const { output } = await cruise(
      [`${FIXTURES}/${name}`],
      {
        ruleSet: /** @type {any} */ (rules),
        validate: true,
        ...rules.options,
        exclude: 'node_modules/.*/node_modules',
        doNotFollow: 'node_modules',
      },
      undefined,
      { tsConfig: extractTSConfig(join(ROOT, 'tsconfig.json')) },
    );
    const found =
      typeof output === 'string' ? [] : output.summary.violations.map((violation) => violation.rule.name);
    if (!found.includes(name)) ineffective.push(name);
  }
  return ineffective;
}

/** @type {readonly [string, () => Promise<boolean>][]} */
const CHECKS = [
  ['format', async () => (await run('npx', ['prettier', '--check', '--log-level=warn', '.'])).code === 0],
  [
    'lint',
    async () => (await run('npx', ['oxlint', '--type-aware', '--deny-warnings', '--quiet'])).code === 0,
  ],
  ['types', async () => (await run('npx', ['tsc', '--noEmit', '-p', 'tsconfig.json'])).code === 0],
  [
    'types of the client',
    async () =>
      (await run('npx', ['ngc', '-p', 'tsconfig.app.json', '--noEmit'], { cwd: join(ROOT, 'frontend') }))
        .code === 0,
  ],
  [
    'import rules',
    async () =>
      (
        await run('npx', [
          'depcruise',
          '--config',
          '.dependency-cruiser.mjs',
          'apps',
          'libs',
          'frontend/src',
          'examples',
          'tools/cli',
        ])
      ).code === 0,
  ],
  [
    'import rules find planted violations',
    async () => {
      const ineffective = await ineffectiveRules();
      for (const name of ineffective) console.error(`the rule does not find its planted violation: ${name}`);
      return ineffective.length === 0;
    },
  ],
  [
    'settings in the documents',
    async () => {
      const stale = await staleSettings(false);
      for (const file of stale) console.error(`${file} is out of date: run npm run settings`);
      return stale.length === 0;
    },
  ],
  ['dead code', async () => (await run('npx', ['knip', '--no-progress'])).code === 0],
  [
    'supply chain',
    async () => {
      const { allowScripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
      const problems = [
        ...supplyProblems(packagesOf(ROOT), allowScripts),
        ...supplyProblems(packagesOf(join(ROOT, 'frontend')), {}),
      ];
      for (const problem of problems) console.error(problem);
      return problems.length === 0;
    },
  ],
  [
    'names and environment',
    async () => {
      const files = sourceFiles(ROOT).map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
      const problems = [
        ...misnamedFiles(files).map((path) => `${path}: file names are in kebab-case and name a topic`),
        ...environmentReaders(files).map((path) => `${path}: only config.ts reads process.env`),
        ...databaseReaders(files).map((path) => `${path}: only store/ reaches the database`),
        ...injectingParts(files).map((path) => `${path}: parts in app/ui inject nothing`),
      ];
      for (const problem of problems) console.error(problem);
      return problems.length === 0;
    },
  ],
];

await program(async () => {
  if (commandLine('npm run check') === undefined) return 0;
  await install();
  /** @type {string[]} */
  const failed = [];
  for (const [name, check] of CHECKS) {
    const began = Date.now();
    const passed = await check();
    console.error(`${passed ? 'ok    ' : 'FAILED'} ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
    if (!passed) failed.push(name);
  }
  if (failed.length > 0) console.error(`\nfailed: ${failed.join(', ')}`);
  return failed.length;
});
