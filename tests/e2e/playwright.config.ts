import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from '@playwright/test';
import { freePort, temporaryFolder } from '@app/testing';

/**
 * Browser tests against the real product, started as people start it. E2E_URL names a product that runs already
 * (without rate limits); CHROMIUM a browser.
 */
const given = process.env['E2E_URL'];
const isWorker = process.env['TEST_WORKER_INDEX'] !== undefined;
// The configuration is read again by every worker: what the first reading chose is handed on by the environment.
const port = (process.env['E2E_PORT'] ??= String(given === undefined ? await freePort() : 0));
const data = given === undefined && !isWorker ? temporaryFolder() : undefined;
if (data) process.on('exit', () => rmSync(data.path, { recursive: true, force: true }));

const url = given ?? `http://localhost:${port}`;
const report = process.env['PLAYWRIGHT_JSON_OUTPUT_NAME'];

export default defineConfig({
  testDir: 'scenarios',
  testMatch: '*.e2e-spec.ts',
  outputDir: '../../test-results/browser',
  fullyParallel: true,
  workers: 2,
  // A browser that hangs is given a second try. The run lists the tests that needed it, and fails above one in a hundred.
  retries: 1,
  forbidOnly: true,
  timeout: 120_000,
  expect: { timeout: 20_000 },
  reporter: [['list'], ...(report === undefined ? [] : [['json', { outputFile: report }] as const])],
  use: {
    baseURL: url,
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    actionTimeout: 20_000,
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    },
  },
  ...(data && {
    webServer: {
      command: 'node tools/start.mjs',
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      url: `${url}/health/ready`,
      reuseExistingServer: false,
      timeout: 300_000,
      gracefulShutdown: { signal: 'SIGTERM', timeout: 12_000 },
      env: {
        PORT: port,
        DATA_DIR: data.path,
        AUTH_RATE_LIMIT: '0',
        API_RATE_LIMIT: '0',
        MESSAGE_RATE_LIMIT: '0',
      },
    },
  }),
});
