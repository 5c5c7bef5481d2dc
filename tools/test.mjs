// npm test [-- TIER…]: installs and builds what is missing, then runs the tests: unit, client, service, fault, audit, browser.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { browser } from './browser.mjs';
import { natsServer } from './nats/server-binary.mjs';
import { build, install } from './prepare.mjs';
import { program, ROOT, run, Unfit } from './project.mjs';
import { sourceFiles } from './source-rules.mjs';

/** @typedef {{ passed: number, failed: number }} Count */

const RESULTS = join(ROOT, 'test-results');

/**
 * @param {string} name
 * @param {readonly string[]} command
 * @param {NodeJS.ProcessEnv} env
 * @param {(report: any) => Count} count reads the runner's JSON report
 * @param {string} cwd
 * @returns {Promise<Count>}
 */
async function tier(name, [command = '', ...args], env, count, cwd = ROOT) {
  const report = join(RESULTS, `${name}.json`);
  rmSync(report, { force: true });
  const began = Date.now();
  const { code } = await run(command, args, { cwd, env });
  console.error(`secure-chat: ${name} tests took ${Math.round((Date.now() - began) / 1000)} s`);
  /** @type {Count} */
  let result = { passed: 0, failed: 0 };
  try {
    result = count(JSON.parse(readFileSync(report, 'utf8')));
  } catch {
    // The runner did not get as far as a report.
  }
  // What a runner calls a failure without a failed test (an unhandled error, no test at all) is one too.
  if ((code !== 0 && result.failed === 0) || result.passed + result.failed === 0) result.failed++;
  return result;
}

/** @param {any} report @returns {Count} */
const vitestCount = (report) => ({
  passed: report.numPassedTests,
  failed: report.numFailedTests + report.numPendingTests,
});

/** @param {any} report @returns {Count} */
const playwrightCount = ({ stats }) => ({
  passed: stats.expected,
  failed: stats.unexpected + stats.flaky + stats.skipped,
});

/** @param {string} project @param {NodeJS.ProcessEnv} env */
const vitest = (project, env) =>
  tier(
    project,
    [
      'npx',
      'vitest',
      'run',
      '--project',
      project,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${join(RESULTS, `${project}.json`)}`,
    ],
    env,
    vitestCount,
  );

/** @type {Readonly<Record<string, (env: NodeJS.ProcessEnv) => Promise<Count>>>} */
const TIERS = {
  unit: (env) => vitest('unit', env),
  client: async (env) => {
    // The browser tests hold the client as a whole; Angular's runner takes an empty set for a mistake of ours.
    if (!sourceFiles(ROOT).some((path) => /^frontend\/.*\.spec\.ts$/.test(path))) {
      console.error('secure-chat: the client has no unit tests');
      return { passed: 0, failed: 0 };
    }
    return tier(
      'client',
      [
        'npx',
        'ng',
        'test',
        '--watch=false',
        '--reporters=default',
        '--reporters=json',
        `--output-file=${join(RESULTS, 'client.json')}`,
      ],
      { ...env, NG_CLI_ANALYTICS: 'false' },
      vitestCount,
      join(ROOT, 'frontend'),
    );
  },
  service: (env) => vitest('service', env),
  fault: (env) => vitest('fault', env),
  audit: (env) => vitest('audit', env),
  browser: async (env) =>
    tier(
      'browser',
      ['npx', 'playwright', 'test', '--config', 'tests/e2e/playwright.config.ts'],
      { ...env, CHROMIUM: await browser(), PLAYWRIGHT_JSON_OUTPUT_NAME: join(RESULTS, 'browser.json') },
      playwrightCount,
    ),
};

/** Tiers that `npm test` alone does not run: they need an engine for containers. */
const OTHERS = { container: (/** @type {NodeJS.ProcessEnv} */ env) => vitest('container', env) };

await program(async () => {
  const asked = process.argv.slice(2);
  const known = { ...TIERS, ...OTHERS };
  for (const name of asked)
    if (!(name in known)) throw new Unfit(`there is no tier ${name}: ${Object.keys(known).join(', ')}`);
  await install();
  await build();
  mkdirSync(RESULTS, { recursive: true });
  const env = {
    ...process.env,
    PATH: `${dirname(await natsServer(join(ROOT, '.cache')))}:${process.env['PATH']}`,
  };
  const total = { passed: 0, failed: 0 };
  for (const name of asked.length > 0 ? asked : Object.keys(TIERS)) {
    console.error(`\nsecure-chat: ${name} tests`);
    const { passed, failed } = await known[/** @type {keyof typeof known} */ (name)](env);
    total.passed += passed;
    total.failed += failed;
  }
  console.log(`\n${total.passed} passed, ${total.failed} failed`);
  return total.failed > 0 ? 1 : 0;
});
