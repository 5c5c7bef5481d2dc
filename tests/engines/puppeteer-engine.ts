import { launch, type Browser, type BrowserContext, type ElementHandle, type Page } from 'puppeteer-core';
import type { Engine, Json, PageElement, Tab } from './engine.js';

/** How long a page may take to load, in milliseconds, on a machine that is busy with much else. */
const LOAD_LIMIT_MS = 60_000;

/** Chromium over its own protocol, Firefox over WebDriver BiDi. */
export class PuppeteerEngine implements Engine {
  private constructor(
    private readonly browser: Browser,
    readonly version: string,
  ) {}

  /**
   * Starts a browser with a profile of its own.
   * @param executablePath where the browser is
   */
  static async start(kind: 'chrome' | 'firefox', executablePath: string): Promise<PuppeteerEngine> {
    const asRoot = process.getuid?.() === 0;
    const browser = await launch({
      browser: kind,
      executablePath,
      headless: executablePath.endsWith('headless-shell') ? 'shell' : true,
      timeout: LOAD_LIMIT_MS,
      args: kind === 'chrome' && asRoot ? ['--no-sandbox'] : [],
    });
    return new PuppeteerEngine(browser, await browser.version());
  }

  async tab(): Promise<Tab> {
    const context = await this.browser.createBrowserContext();
    const page = await context.newPage();
    page.setDefaultTimeout(LOAD_LIMIT_MS);
    await page.setViewport({ width: 1280, height: 800 });
    return new PuppeteerTab(context, page);
  }

  close(): Promise<void> {
    return this.browser.close();
  }
}

class PuppeteerTab implements Tab {
  constructor(
    private readonly context: BrowserContext,
    private readonly page: Page,
  ) {}

  async open(url: string): Promise<void> {
    await this.page.goto(url, { waitUntil: 'load' });
  }

  async reload(): Promise<void> {
    await this.page.reload({ waitUntil: 'load' });
  }

  async run(body: string, ...parameters: Json[]): Promise<Json> {
    return (await this.page.evaluate(asFunction(body, parameters))) as Json;
  }

  async find(body: string, ...parameters: Json[]): Promise<PageElement | undefined> {
    const element = (await this.page.evaluateHandle(asFunction(body, parameters))).asElement();
    // Clicks and keys are for elements alone, and the bodies return nothing else.
    return element ? new PuppeteerElement(element as ElementHandle) : undefined;
  }

  screenshot(): Promise<Uint8Array> {
    return this.page.screenshot();
  }

  close(): Promise<void> {
    return this.context.close();
  }
}

/** An expression that calls a function with this body. */
function asFunction(body: string, parameters: readonly Json[]): string {
  return `(function () { ${body} }).apply(null, ${JSON.stringify(parameters)})`;
}

class PuppeteerElement implements PageElement {
  constructor(private readonly element: ElementHandle) {}

  click(): Promise<void> {
    return this.element.click();
  }

  type(text: string): Promise<void> {
    return this.element.type(text);
  }

  enter(): Promise<void> {
    return this.element.press('Enter');
  }
}
