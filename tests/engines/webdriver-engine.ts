import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { eventually, freePort } from '@app/testing';
import type { Engine, Json, PageElement, Tab } from './engine.js';

/** How the protocol marks a reference to an element. Source: W3C WebDriver, 12. */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';
/** The key Enter. Source: W3C WebDriver, 17.4.2. */
const ENTER = '\uE007';
/** How long one command may take, in milliseconds. */
const COMMAND_LIMIT_MS = 60_000;

/** WebKit over WebDriver, in a virtual display of its own. */
export class WebDriverEngine implements Engine {
  version = '';

  private constructor(
    private readonly url: string,
    private readonly miniBrowser: string,
    private readonly processes: readonly ChildProcess[],
  ) {}

  /**
   * Starts the driver. Each tab is a browser of its own.
   * @param driver where WebKitWebDriver is
   * @param miniBrowser where WebKit's MiniBrowser is
   */
  static async start(driver: string, miniBrowser: string): Promise<WebDriverEngine> {
    const { process: display, name } = await virtualDisplay();
    const port = await freePort();
    const child = spawn(driver, [`--port=${port}`, '--host=127.0.0.1'], {
      env: { ...process.env, DISPLAY: name },
      stdio: 'ignore',
    });
    const engine = new WebDriverEngine(`http://127.0.0.1:${port}`, miniBrowser, [child, display]);
    try {
      await eventually(async () => (await fetch(`${engine.url}/status`)).ok, 'WebKitWebDriver answers');
      await (await engine.tab()).close(); // a machine on which no browser starts is noticed here
    } catch (error) {
      await engine.close();
      throw error;
    }
    return engine;
  }

  async tab(): Promise<Tab> {
    const session = (await command(this.url, 'POST', '/session', {
      capabilities: {
        alwaysMatch: {
          'webkitgtk:browserOptions': { binary: this.miniBrowser, args: ['--automation'] },
        },
      },
    })) as { sessionId: string; capabilities: { browserVersion: string } };
    this.version = `WebKitGTK/${session.capabilities.browserVersion}`;
    return new WebDriverTab(`${this.url}/session/${session.sessionId}`);
  }

  async close(): Promise<void> {
    for (const child of this.processes) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill();
      await once(child, 'exit');
    }
  }
}

/** Starts Xvfb on a display that nobody uses. */
async function virtualDisplay(): Promise<{ process: ChildProcess; name: string }> {
  const display = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1280x900x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const chosen = display.stdio[3];
  if (!chosen || !('read' in chosen)) throw new Error('Xvfb has no pipe');
  for await (const line of createInterface({ input: chosen })) return { process: display, name: `:${line}` };
  throw new Error('Xvfb did not start');
}

async function command(url: string, method: string, path: string, body?: Json): Promise<unknown> {
  const response = await fetch(url + path, {
    method,
    signal: AbortSignal.timeout(COMMAND_LIMIT_MS),
    headers: { 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const { value } = (await response.json()) as { value: unknown };
  if (!response.ok) throw new Error(`WebDriver ${method} ${path}: ${JSON.stringify(value)}`);
  return value;
}

class WebDriverTab implements Tab {
  constructor(private readonly session: string) {}

  async open(url: string): Promise<void> {
    await command(this.session, 'POST', '/url', { url });
  }

  async reload(): Promise<void> {
    await command(this.session, 'POST', '/refresh', {});
  }

  async run(body: string, ...parameters: Json[]): Promise<Json> {
    return (await command(this.session, 'POST', '/execute/sync', { script: body, args: parameters })) as Json;
  }

  async find(body: string, ...parameters: Json[]): Promise<PageElement | undefined> {
    const found = (await this.run(body, ...parameters)) as Readonly<Record<string, string>> | null;
    const id = found?.[ELEMENT];
    return id === undefined ? undefined : new WebDriverElement(`${this.session}/element/${id}`);
  }

  async screenshot(): Promise<Uint8Array> {
    return Buffer.from((await command(this.session, 'GET', '/screenshot')) as string, 'base64');
  }

  async close(): Promise<void> {
    await command(this.session, 'DELETE', '');
  }
}

class WebDriverElement implements PageElement {
  constructor(private readonly element: string) {}

  async click(): Promise<void> {
    await command(this.element, 'POST', '/click', {});
  }

  async type(text: string): Promise<void> {
    await command(this.element, 'POST', '/value', { text });
  }

  enter(): Promise<void> {
    return this.type(ENTER);
  }
}
