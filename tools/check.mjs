// npm run check: format, lint, types, import rules (and that each still fires), settings in the documents, dead code,
// licences, names and the environment.
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

/** Each rule must find its planted violation. @returns {Promise<string[]>} the rules that found nothing */
async function deafRules() {
  const { cruise } = await import('dependency-cruiser');
  const { default: extractTSConfig } = await import('dependency-cruiser/config-utl/extract-ts-config');
  const { default: rules } = await import('../.dependency-cruiser.mjs');
  /** @type {string[]} */
  const deaf = [];
  const folders = readdirSync(join(ROOT, FIXTURES));
  for (const { name } of rules.forbidden) if (!folders.includes(name)) deaf.push(`${name} (no fixture)`);
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
    if (!found.includes(name)) deaf.push(name);
  }
  return deaf;
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
        ])
      ).code === 0,
  ],
  [
    'import rules fire',
    async () => {
      const deaf = await deafRules();
      for (const name of deaf) console.error(`this rule does not find its planted violation: ${name}`);
      return deaf.length === 0;
    },
  ],
  [
    'settings in the documents',
    async () => {
      const stale = await staleSettings(false);
      for (const file of stale) console.error(`${file} is not what npm run settings makes`);
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
        ...misnamedFiles(files).map((path) => `${path}: a file is named in kebab-case after its theme`),
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
    const fine = await check();
    console.error(`${fine ? 'fine  ' : 'FAILED'} ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
    if (!fine) failed.push(name);
  }
  if (failed.length > 0) console.error(`\nnot fine: ${failed.join(', ')}`);
  return failed.length;
});
