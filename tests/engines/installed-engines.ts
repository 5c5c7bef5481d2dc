import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Engine, EngineName } from './engine.js';
import { PuppeteerEngine } from './puppeteer-engine.js';
import { WebDriverEngine } from './webdriver-engine.js';

const PROGRAMS = {
  chromium: ['chromium-headless-shell', 'chromium'],
  firefox: ['firefox-esr', 'firefox'],
  webkit: ['WebKitWebDriver'],
} as const;

/**
 * Starts a browser engine that is installed.
 * @throws when it is not, with the packages that bring it
 */
export async function startEngine(name: EngineName): Promise<Engine> {
  const program = PROGRAMS[name].map(onPath).find((path) => path !== undefined);
  if (program === undefined)
    throw new Error(
      `there is no ${PROGRAMS[name].join(' or ')}: apt-get install chromium firefox-esr webkit2gtk-driver xvfb`,
    );
  if (name === 'chromium') return PuppeteerEngine.start('chrome', program);
  if (name === 'firefox') return PuppeteerEngine.start('firefox', program);
  const miniBrowser = miniBrowserPaths()[0];
  if (miniBrowser === undefined)
    throw new Error('there is no MiniBrowser: apt-get install webkit2gtk-driver');
  return WebDriverEngine.start(program, miniBrowser);
}

/** Where Debian puts WebKit's MiniBrowser, which is on no path. */
function miniBrowserPaths(): string[] {
  return readdirSync('/usr/lib', { recursive: false, withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name.endsWith('-linux-gnu'))
    .flatMap(({ name }) => ['4.1', '4.0'].map((api) => `/usr/lib/${name}/webkit2gtk-${api}/MiniBrowser`))
    .filter((path) => existsSync(path));
}

function onPath(program: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path));
}
