import type { Locator, Page } from '@playwright/test';

// What runs in the page.
declare function requestAnimationFrame(call: (time: number) => void): number;
declare const innerHeight: number;
declare const document: {
  readonly title: string;
  querySelector(selector: string): PageElement | null;
  querySelectorAll(selector: string): ArrayLike<PageElement>;
};
interface PageElement {
  readonly textContent: string;
  readonly children: ArrayLike<PageElement>;
  getBoundingClientRect(): { readonly bottom: number };
}

/**
 * Loads the page anew and measures in it, frame by frame.
 * @param chat part of the name of a chat in the list
 * @returns milliseconds from the beginning of the navigation until the list with that chat is painted
 */
export async function listPainted(page: Page, chat: string): Promise<number> {
  await page.reload({ waitUntil: 'commit' });
  const handle = await page.waitForFunction(
    async (name) => {
      const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));
      const list = (): string => document.querySelector('nav[aria-label=Chats]')?.textContent ?? '';
      while (!list().includes(name)) await frame();
      // It stands now; the frame that shows it ends where the next one begins.
      return Math.round(await frame());
    },
    chat,
    { polling: 'raf' },
  );
  return handle.jsonValue();
}

/**
 * Follows a link to a chat and measures in the page, frame by frame.
 * @param link in the list, to a chat that has messages; the page shows one that has none
 * @returns milliseconds from the click until the chat's last message is painted
 */
export function chatPainted(link: Locator): Promise<number> {
  return link.evaluate(async (element) => {
    const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));
    const lastInSight = (): boolean => {
      const messages = document.querySelectorAll('[role=log] .message');
      const last = messages[messages.length - 1];
      return last !== undefined && last.getBoundingClientRect().bottom <= innerHeight;
    };
    const began = performance.now();
    (element as unknown as { click(): void }).click();
    while (!lastInSight()) await frame();
    return Math.round((await frame()) - began);
  });
}

/** What was seen while messages were scrolled. */
export interface Scrolling {
  /** How many messages stood in the page at most. */
  readonly most: number;
  /** Milliseconds of every frame, ascending. */
  readonly frames: readonly number[];
}

/**
 * Scrolls a log of messages that say `Message N`, one step in each frame.
 * @param by pixels in each frame; below 0 is up
 * @param until up: the number of a message that, once it stands in the page, is far enough; down: the end is
 */
export function scrollThrough(log: Locator, by: number, until = 0): Promise<Scrolling> {
  return log.evaluate(
    async (box, [step, target]) => {
      const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));
      const number = (row: PageElement | undefined): number =>
        Number(/Message (\d+)/.exec(row?.textContent ?? '')?.[1] ?? Number.NaN);
      const frames: number[] = [];
      let most = 0;
      const there = (): boolean => {
        const { children } = box.querySelector('.lines') as unknown as PageElement;
        most = Math.max(most, children.length);
        return step < 0
          ? number(children[0]) <= target
          : box.parentElement?.querySelector('.jump') === null &&
              box.scrollHeight - box.scrollTop - box.clientHeight < 2;
      };
      for (let last = await frame(); !there();) {
        box.scrollTop += step;
        const now = await frame();
        frames.push(now - last);
        last = now;
      }
      return { most, frames: frames.sort((a, b) => a - b) };
    },
    [by, until] as const,
  );
}
