// Finds a browser for the tests: CHROMIUM, an installed one, Playwright's own, Debian's package; else says so.
import { existsSync } from 'node:fs';
import { onPath } from './nats/server-binary.mjs';
import { run, Unfit } from './project.mjs';

// Chromium without windows comes first: a page of a new person costs it less than half of what a browser that draws
// its own windows needs.
const NAMES = [
  'chromium-headless-shell',
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome',
  'microsoft-edge',
  'msedge',
];
const MAC = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
];

/** A browser that is installed. */
function installed() {
  const named = process.env['CHROMIUM'];
  if (named) {
    if (!existsSync(named)) throw new Unfit('CHROMIUM names no file');
    return named;
  }
  return NAMES.map((name) => onPath(name)).find(Boolean) ?? MAC.find((file) => existsSync(file));
}

/** Playwright's own browser, downloaded where it can be. */
async function fromPlaywright() {
  const { chromium } = await import('@playwright/test');
  if (!existsSync(chromium.executablePath()))
    await run('npx', ['playwright', 'install', 'chromium'], { quiet: true });
  return existsSync(chromium.executablePath()) ? chromium.executablePath() : undefined;
}

/**
 * @returns {Promise<string>} the path of a Chromium, Chrome or Edge
 * @throws {Unfit} when there is none and none can be had
 */
export async function browser() {
  const found = installed() ?? (await fromPlaywright());
  if (found) return found;
  if (process.getuid?.() === 0 && onPath('apt-get')) {
    console.error('secure-chat: installing Chromium for the browser tests …');
    await run('apt-get', ['update', '-qq'], { quiet: true });
    await run(
      'apt-get',
      [
        'install',
        '-y',
        '-qq',
        '--no-install-recommends',
        'chromium-headless-shell',
        'fonts-noto-color-emoji',
        'fonts-dejavu-core',
      ],
      {
        quiet: true,
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      },
    );
    const now = installed();
    if (now) return now;
  }
  throw new Unfit(
    'the browser tests need Chromium, Chrome or Edge: install one, or set CHROMIUM to its path',
  );
}
