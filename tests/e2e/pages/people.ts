import { randomUUID } from 'node:crypto';
import { CookieJar, HttpApi } from '@app/client';
import type { Chat } from '@app/contracts/edge';
import { EdgeClient } from '@app/testing';
import { test as base, expect, type BrowserContextOptions, type Page } from '@playwright/test';
import { AccountPage } from './account-page.js';
import { ChatsPage } from './chats-page.js';
import { ConversationPage } from './conversation-page.js';
import { SignInPage } from './sign-in-page.js';

/** Of everyone whom the tests sign up. */
export const PASSWORD = 'correct horse battery staple';

/** A browser of one's own, and what one does in it. */
export class Visitor {
  readonly signIn: SignInPage;
  readonly chats: ChatsPage;
  readonly conversation: ConversationPage;
  readonly account: AccountPage;

  constructor(readonly page: Page) {
    this.signIn = new SignInPage(page);
    this.chats = new ChatsPage(page);
    this.conversation = new ConversationPage(page);
    this.account = new AccountPage(page);
  }
}

/** Someone with an account, signed in in a browser of their own. */
export class Person extends Visitor {
  constructor(
    page: Page,
    readonly username: string,
    private readonly baseUrl: string,
  ) {
    super(page);
  }

  /** The same account outside the browser, in a session of its own. */
  async api(): Promise<HttpApi> {
    const api = new HttpApi({ baseUrl: this.baseUrl, cookies: new CookieJar() });
    await api.logIn(this.username, PASSWORD);
    return api;
  }

  /** The same account for sockets of one's own, in another session. */
  async edge(): Promise<EdgeClient> {
    const edge = new EdgeClient(this.baseUrl);
    await edge.call('POST', '/auth/login', { username: this.username, password: PASSWORD });
    return edge;
  }
}

/** Two people in one chat, which the first has made. */
export interface Pair {
  readonly alice: Person;
  readonly bob: Person;
  readonly chat: Chat;
  readonly key: string;
}

interface People {
  /** A browser in which nobody is signed in. */
  readonly visitor: (options?: BrowserContextOptions) => Promise<Visitor>;
  /** Someone signed up and signed in, at no page yet. */
  readonly person: (name?: string, options?: BrowserContextOptions) => Promise<Person>;
  /** Two people in one chat, at no page yet. */
  readonly pair: (options?: {
    readonly name?: string;
    readonly browser?: BrowserContextOptions;
  }) => Promise<Pair>;
}

/** A name that no other test uses. */
export function uniqueName(name: string): string {
  return `${name}-${randomUUID().slice(0, 8)}`;
}

/**
 * Calls of the API and the socket are refused or cut by tests, and the browser asks for the icon when it likes, also
 * of a server that a test has killed; every other file of the client must always come.
 */
const REFUSABLE = /\/(api\/v1|socket\.io|icons)\//;
const NETWORK_CHANGED = 'net::ERR_NETWORK_CHANGED';
/** A test has taken the network away while the page was still fetching files ahead. */
const OFFLINE = 'net::ERR_INTERNET_DISCONNECTED';

/** Pages that a link with something secret behind its # leads to: they take it out of the address at once. */
const LINK_PAGES: readonly string[] = ['/join', '/reset', '/sign-up', '/log-in'];

/**
 * Loads a page again that missed a file. What it was opened with counts: an address has lost what stood behind its #,
 * and so would a mere reload.
 * @param opened the address that it was loaded from, if it had something behind its #
 */
async function loadAgain(page: Page, opened: string | undefined): Promise<void> {
  await page.waitForLoadState();
  if (opened === undefined || !LINK_PAGES.includes(new URL(page.url()).pathname))
    return void (await page.reload());
  await page.goto('about:blank'); // from the same page, going there would load nothing
  await page.goto(opened);
}

/** Tests with people. A page that throws, or breaks its content security policy, fails its test. */
export const test = base.extend<People>({
  visitor: async ({ browser }, use) => {
    const faults: string[] = [];
    const contexts: Awaited<ReturnType<typeof browser.newContext>>[] = [];
    await use(async (options) => {
      const context = await browser.newContext(options);
      contexts.push(context);
      context.on('weberror', (error) => faults.push(String(error.error())));
      const opened = new Map<Page, string>();
      context.on('page', (page) => {
        page.on('request', (request) => {
          if (request.isNavigationRequest() && request.frame() === page.mainFrame()) opened.delete(page);
        });
        page.on('framenavigated', (frame) => {
          if (frame === page.mainFrame() && frame.url().includes('#')) opened.set(page, frame.url());
        });
      });
      // A container that starts on this machine changes its network, and Chromium drops what it is loading. A reload
      // before the page has come to an end would break off the test's own way there.
      context.on('requestfailed', (request) => {
        if (request.resourceType() !== 'script' || request.failure()?.errorText !== NETWORK_CHANGED) return;
        const page = request.frame().page();
        loadAgain(page, opened.get(page)).catch(() => undefined); // the test has ended meanwhile, or has gone elsewhere
      });
      context.on('console', (message) => {
        const { url } = message.location();
        const expected =
          REFUSABLE.test(url + message.text()) ||
          [NETWORK_CHANGED, OFFLINE].some((reason) => message.text().includes(reason));
        if (message.type() === 'error' && !expected) faults.push(`${message.text()} ${url}`);
      });
      return new Visitor(await context.newPage());
    });
    await Promise.all(contexts.map((context) => context.close()));
    expect(faults).toEqual([]);
  },
  person: async ({ visitor, baseURL }, use) => {
    await use(async (name = 'alice', options) => {
      const { page } = await visitor(options);
      const username = uniqueName(name);
      const answer = await page.request.post('/api/v1/auth/register', {
        data: { username, password: PASSWORD },
      });
      expect(answer.status(), await answer.text()).toBe(201);
      return new Person(page, username, baseURL ?? '');
    });
  },
  pair: async ({ person }, use) => {
    await use(async ({ name, browser } = {}) => {
      const [alice, bob] = await Promise.all([person('alice', browser), person('bob', browser)]);
      const made = await alice.page.request.post('/api/v1/chats', {
        data: name === undefined ? {} : { name },
      });
      const { chat, key } = (await made.json()) as { chat: Chat; key: string };
      const joined = await bob.page.request.post('/api/v1/chats/join', { data: { key } });
      expect(joined.status()).toBe(200);
      return { alice, bob, chat, key };
    });
  },
});

export { expect } from '@playwright/test';
