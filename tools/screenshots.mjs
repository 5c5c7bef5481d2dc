// npm run screenshots [-- LOOK|SCENE…]: every page of the running product in light, dark, forced colours and on
// a phone, and the README's pictures.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { browser as installedBrowser } from './browser.mjs';
import { freePort } from './port.mjs';
import { build, install } from './prepare.mjs';
import { commandLine, program, ROOT, Unfit, WrongUsage } from './project.mjs';
import { furnish } from './screenshots/household.mjs';
import { SCENES } from './screenshots/scenes.mjs';

const RESULTS = join(ROOT, 'test-results/screenshots');
const IMAGES = join(ROOT, 'docs/images');
const START_LIMIT_MS = 120_000;

const DESKTOP = { viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1 };
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };

/**
 * How the product is looked at. Each look has a household of its own: scenes change and erase what they show.
 * @type {Readonly<Record<string, import('@playwright/test').BrowserContextOptions>>}
 */
const LOOKS = {
  light: { ...DESKTOP, colorScheme: 'light' },
  dark: { ...DESKTOP, colorScheme: 'dark' },
  phone: { ...PHONE, colorScheme: 'light' },
  forced: { ...DESKTOP, colorScheme: 'light', forcedColors: 'active' },
  'phone-dark': { ...PHONE, colorScheme: 'dark' },
};

/** The pictures that the README shows, by look and scene. */
const README_PICTURES = {
  conversation: ['light', 'conversation'],
  'conversation-dark': ['dark', 'conversation'],
  stored: ['light', 'stored'],
};

/**
 * Starts the product as people start it, with data of its own.
 * @returns {Promise<{ url: string, end: () => Promise<void> }>}
 * @throws {Unfit} when it does not become ready
 */
async function product() {
  const data = mkdtempSync(join(tmpdir(), 'secure-chat-screenshots-'));
  const port = await freePort();
  const child = spawn(process.execPath, [join(ROOT, 'tools/start.mjs')], {
    cwd: ROOT,
    env: {
      ...process.env,
      PORT: String(port),
      DATA_DIR: data,
      AUTH_RATE_LIMIT: '0',
      API_RATE_LIMIT: '0',
      MESSAGE_RATE_LIMIT: '0',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const end = async () => {
    child.kill('SIGTERM');
    await ended;
    rmSync(data, { recursive: true, force: true });
  };
  /** @type {Promise<boolean>} */
  const ready = new Promise((done) => {
    child.stdout.on('data', (/** @type {Buffer} */ line) => {
      if (String(line).includes('is ready')) done(true);
    });
    child.once('exit', () => done(false));
    setTimeout(() => done(false), START_LIMIT_MS).unref();
  });
  if (!(await ready)) {
    await end();
    throw new Unfit('the product did not start: npm start says why');
  }
  return { url: `http://localhost:${port}`, end };
}

await program(async () => {
  const usage = `npm run screenshots -- [LOOK or SCENE]...: ${Object.keys({ ...LOOKS, ...SCENES }).join(', ')}`;
  const given = commandLine(usage, { positionals: { min: 0, max: Infinity } });
  if (given === undefined) return;
  const asked = given.positionals;
  for (const name of asked)
    if (!(name in LOOKS) && !(name in SCENES))
      throw new WrongUsage(
        `there is no look or scene ${name}: ${Object.keys({ ...LOOKS, ...SCENES }).join(', ')}`,
      );
  /** @param {string} name @param {object} all */
  const isAsked = (name, all) => asked.includes(name) || !asked.some((one) => one in all);
  await install();
  await build();
  const executablePath = await installedBrowser();
  const { url, end } = await product();
  const browser = await chromium.launch({
    executablePath,
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
  /** @type {string[]} */
  const failed = [];
  try {
    for (const [look, options] of Object.entries(LOOKS)) {
      if (!isAsked(look, LOOKS)) continue;
      mkdirSync(join(RESULTS, look), { recursive: true });
      const household = await furnish(browser, { baseURL: url, locale: 'en-GB', ...options });
      for (const [name, scene] of Object.entries(SCENES)) {
        if (!isAsked(name, SCENES)) continue;
        const file = join(RESULTS, look, `${name}.png`);
        const page = await scene(household).catch((/** @type {unknown} */ error) => {
          console.error(`secure-chat: ${look}/${name}: ${String(error)}`);
          failed.push(`${look}/${name}`);
        });
        if (!page) continue;
        await page.screenshot({ path: file, animations: 'disabled', caret: 'hide' });
        for (const [image, [ofLook, ofScene]] of Object.entries(README_PICTURES))
          if (ofLook === look && ofScene === name)
            await page.screenshot({
              path: join(IMAGES, `${image}.png`),
              animations: 'disabled',
              caret: 'hide',
            });
      }
      await household.leave();
    }
  } finally {
    await browser.close();
    await end();
  }
  console.error(`secure-chat: the screenshots are in ${RESULTS}`);
  if (failed.length > 0) throw new Unfit(`these scenes could not be shown: ${failed.join(', ')}`);
});
process.exit();
