// npm test [-- TIER…]: installs and builds what changed, then runs tests: unit, client, service, fault, audit, browser.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { browser } from './browser.mjs';
import { natsServer } from './nats/server-binary.mjs';
import { build, EVERYTHING, install } from './prepare.mjs';
import { commandLine, program, ROOT, run, WrongUsage } from './project.mjs';
import { playwrightOutcome, vitestOutcome } from './test-outcomes.mjs';

/** @typedef {import('./test-outcomes.mjs').Count} Count */
/** @typedef {import('./test-outcomes.mjs').Outcome} Outcome */

const RESULTS = join(ROOT, 'test-results');

/**
 * @param {string} name
 * @param {readonly string[]} command
 * @param {NodeJS.ProcessEnv} env
 * @param {(report: any) => Outcome} read reads the runner's JSON report
 * @param {string} cwd
 * @returns {Promise<Count>}
 */
async function tier(name, [command = '', ...args], env, read, cwd = ROOT) {
  const report = join(RESULTS, `${name}.json`);
  rmSync(report, { force: true });
  const began = Date.now();
  const { code } = await run(command, args, { cwd, env });
  console.error(`secure-chat: ${name} tests took ${Math.round((Date.now() - began) / 1000)} s`);
  /** @type {Outcome} */
  let { count, failures, retried } = { count: { passed: 0, failed: 0 }, failures: [], retried: [] };
  try {
    ({ count, failures, retried } = read(JSON.parse(readFileSync(report, 'utf8'))));
  } catch {
    // The runner exited before it wrote a report.
  }
  // A runner can also fail without a failed test: an unhandled error, or no tests.
  if ((code !== 0 && count.failed === 0) || count.passed + count.failed === 0) {
    count.failed++;
    failures.push(`${name}: the runner exited with code ${code}, see above`);
  }
  for (const title of retried) console.error(`secure-chat: passed only after a retry: ${title}`);
  writeFileSync(join(RESULTS, `${name}.failures`), failures.map((failure) => `${failure}\n`).join(''));
  return count;
}

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
    vitestOutcome,
  );

/** @type {Readonly<Record<string, (env: NodeJS.ProcessEnv) => Promise<Count>>>} */
const TIERS = {
  unit: (env) => vitest('unit', env),
  client: (env) =>
    tier(
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
      vitestOutcome,
      join(ROOT, 'frontend'),
    ),
  service: (env) => vitest('service', env),
  fault: (env) => vitest('fault', env),
  audit: (env) => vitest('audit', env),
  browser: async (env) =>
    tier(
      'browser',
      ['npx', 'playwright', 'test', '--config', 'tests/e2e/playwright.config.ts'],
      { ...env, CHROMIUM: await browser(), PLAYWRIGHT_JSON_OUTPUT_NAME: join(RESULTS, 'browser.json') },
      playwrightOutcome,
    ),
};

/** Tiers that `npm test` without arguments does not run: they need a container engine, or Firefox and WebKit. */
const OTHERS = {
  container: (/** @type {NodeJS.ProcessEnv} */ env) => vitest('container', env),
  engine: (/** @type {NodeJS.ProcessEnv} */ env) => vitest('engine', env),
};

await program(async () => {
  const known = { ...TIERS, ...OTHERS };
  const usage = `npm test -- [TIER]...\n  runs the tests of these tiers: ${Object.keys(known).join(', ')}`;
  const given = commandLine(usage, { positionals: { min: 0, max: Infinity } });
  if (given === undefined) return 0;
  const asked = given.positionals;
  for (const name of asked)
    if (!(name in known))
      throw new WrongUsage(`unknown tier ${name}; the tiers are ${Object.keys(known).join(', ')}`);
  await install();
  await build(EVERYTHING);
  mkdirSync(RESULTS, { recursive: true });
  const env = {
    ...process.env,
    PATH: `${dirname(await natsServer(join(ROOT, '.cache')))}:${process.env['PATH']}`,
  };
  const total = { passed: 0, failed: 0 };
  const tiers = asked.length > 0 ? asked : Object.keys(TIERS);
  for (const name of tiers) {
    console.error(`\nsecure-chat: ${name} tests`);
    const { passed, failed } = await known[/** @type {keyof typeof known} */ (name)](env);
    total.passed += passed;
    total.failed += failed;
  }
  for (const name of tiers) {
    const failures = readFileSync(join(RESULTS, `${name}.failures`), 'utf8');
    if (failures !== '') console.error(`\nsecure-chat: failed ${name} tests\n${failures}`);
  }
  console.log(`\n${total.passed} passed, ${total.failed} failed`);
  return total.failed > 0 ? 1 : 0;
});
