import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { eventually } from '@app/testing';
import type { Json, PageElement, Tab } from './engine.js';

/** How long an effect may take, in milliseconds, on a machine that is busy with much else. */
const EFFECT_LIMIT_MS = 45_000;

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Where elements of a role may be found; axe then says which of them have it. */
const CANDIDATES: Readonly<Record<string, string>> = {
  article: 'article',
  alert: '[role=alert]',
  button: 'button,[role=button]',
  heading: 'h1,h2,h3',
  link: 'a[href]',
  list: 'ul,ol,[role=list]',
  log: '[role=log]',
  menuitem: '[role=menuitem]',
  status: '[role=status],output',
  textbox: 'input,textarea',
};

/**
 * Elements that can be seen, with a role and an accessible name, as axe computes both.
 * Parameters: the candidates' selector, the role, the name ('' for any).
 */
const MATCHING = `
  const [selector, role, name] = arguments;
  axe.setup(document.body);
  try {
    var matching = [...document.querySelectorAll(selector)].filter((element) => {
      const box = element.getBoundingClientRect();
      if (box.width === 0 || box.height === 0) return false;
      // An engine's own password field has no role; people and screen readers find it by its label.
      const own = element.matches('input[type=password]') ? 'textbox' : axe.commons.aria.getRole(element);
      if (own !== role) return false;
      return name === '' || axe.commons.text.accessibleText(element).trim().includes(name);
    });
  } finally {
    axe.teardown();
  }
`;

/** Somebody at a browser, who finds everything by its role and name, as in the public contract. */
export class Visitor {
  constructor(
    private readonly tab: Tab,
    private readonly origin: string,
  ) {}

  async open(path: string): Promise<void> {
    await this.tab.open(this.origin + path);
  }

  reload(): Promise<void> {
    return this.tab.reload();
  }

  /** The address without its origin. */
  async address(): Promise<string> {
    const address = await this.tab.run('return location.href');
    return typeof address === 'string' ? address.replace(this.origin, '') : '';
  }

  /** Waits until the address is like this. */
  async comesTo(address: RegExp): Promise<void> {
    await eventually(
      async () => address.test(await this.address()),
      `the address is like ${address}`,
      EFFECT_LIMIT_MS,
    );
  }

  /** Waits for an element that can be seen. @param name its accessible name or a part of it; '' for any */
  sees(role: string, name = ''): Promise<PageElement> {
    return eventually(
      async () => {
        await this.#withAxe();
        return this.tab.find(`${MATCHING} return matching[0] ?? null;`, ...parameters(role, name));
      },
      `a ${role} "${name}" is to be seen`,
      EFFECT_LIMIT_MS,
    );
  }

  /** Waits until no such element can be seen. */
  async seesNo(role: string, name = ''): Promise<void> {
    await eventually(
      async () => (await this.#texts(role, name)).length === 0,
      `no ${role} "${name}" is to be seen`,
      EFFECT_LIMIT_MS,
    );
  }

  /** Waits until one such element holds this text. */
  async reads(role: string, text: string | RegExp, name = ''): Promise<void> {
    await eventually(
      async () =>
        (await this.#texts(role, name)).some((shown) =>
          typeof text === 'string' ? shown.includes(text) : text.test(shown),
        ),
      `a ${role} reads ${text}`,
      EFFECT_LIMIT_MS,
    );
  }

  /** Waits until a control of this name holds a value like this. @returns the value */
  value(name: string, like: RegExp): Promise<string> {
    return eventually(
      async () => {
        await this.#withAxe();
        const value = await this.tab.run(
          `${MATCHING} return matching[0]?.value ?? null;`,
          ...parameters('textbox', name),
        );
        return typeof value === 'string' && like.test(value) ? value : undefined;
      },
      `"${name}" holds ${like}`,
      EFFECT_LIMIT_MS,
    );
  }

  async click(role: string, name: string): Promise<void> {
    const element = await this.sees(role, name);
    await element.click();
  }

  async type(name: string, text: string): Promise<void> {
    const box = await this.sees('textbox', name);
    await box.click();
    await box.type(text);
  }

  /** Writes a message and sends it by Enter. */
  async say(text: string): Promise<void> {
    await this.type('Message', text);
    const box = await this.sees('textbox', 'Message');
    await box.enter();
  }

  /** Runs the body of a function in the page. */
  run(body: string, ...given: Json[]): Promise<Json> {
    return this.tab.run(body, ...given);
  }

  screenshot(): Promise<Uint8Array> {
    return this.tab.screenshot();
  }

  /** What axe finds wrong with the page, by the rules of WCAG 2.2 AA. */
  async axeFindings(): Promise<Json> {
    await this.#withAxe();
    await this.tab.run(`
      window.axeFindings = undefined;
      axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }).then(
        ({ violations }) => { window.axeFindings = violations.map(({ id, nodes }) => id + ' ' + nodes[0].html); },
        (error) => { window.axeFindings = [String(error)]; });
    `);
    return eventually(
      () => this.tab.run('return window.axeFindings ?? null'),
      'axe has looked at the page',
      EFFECT_LIMIT_MS,
    );
  }

  close(): Promise<void> {
    return this.tab.close();
  }

  async #texts(role: string, name: string): Promise<string[]> {
    await this.#withAxe();
    const texts = await this.tab.run(
      `${MATCHING} return matching.map((element) => element.innerText + ' ' + (element.getAttribute('aria-label') ?? ''));`,
      ...parameters(role, name),
    );
    return texts as string[];
  }

  async #withAxe(): Promise<void> {
    if ((await this.tab.run('return typeof window.axe')) !== 'undefined') return;
    await this.tab.run(`${AXE}; return null;`);
  }
}

function parameters(role: string, name: string): [string, string, string] {
  const selector = CANDIDATES[role];
  if (selector === undefined) throw new Error(`where are elements with the role ${role}?`);
  return [selector, role, name];
}
