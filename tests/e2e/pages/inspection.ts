import { expect, type Page } from '@playwright/test';
import axeCore from 'axe-core';

// What runs in the page, once its source was put there.
declare const document: object;
declare const axe: {
  run(context: object, options: object): Promise<{ readonly violations: readonly Violation[] }>;
};

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

/**
 * Looks for what keeps people out: every rule in light, and whether one can read it in dark and in forced colours.
 * @param what is shown, for the report
 */
export async function inspect(page: Page, what: string): Promise<void> {
  const looks = [
    { colorScheme: 'light', forcedColors: 'none' },
    { colorScheme: 'dark', forcedColors: 'none' },
    { colorScheme: 'light', forcedColors: 'active' },
  ] as const;
  // Axe is half a megabyte to read: once for each document, and of its results only what it found wrong is told.
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axeCore.source);
  for (const [index, look] of looks.entries()) {
    // Reduced motion, so that colours are not looked at half-way.
    await page.emulateMedia({ ...look, reducedMotion: 'reduce' });
    // A menu lies above the page and is reached from its button: it belongs to no landmark.
    const landmarks = { enabled: !(await page.getByRole('menu').isVisible()) };
    const options = {
      resultTypes: ['violations'],
      ...(index === 0
        ? { rules: { region: landmarks, 'page-has-heading-one': landmarks } }
        : { runOnly: { type: 'rule', values: ['color-contrast'] } }),
    };
    const found = await page.evaluate(async (asked) => {
      const { violations } = await axe.run(document, asked);
      return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
    }, options);
    expect(found, `${what}, ${JSON.stringify(look)}`).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: 'light', forcedColors: 'none', reducedMotion: null });
}

/**
 * Whether the page's program holds any of these texts, once what it let go of is collected: looks at a snapshot of its
 * heap.
 */
export async function holdsInMemory(page: Page, ...texts: readonly string[]): Promise<boolean> {
  const devtools = await page.context().newCDPSession(page);
  const pieces: string[] = [];
  devtools.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => pieces.push(chunk));
  await devtools.send('HeapProfiler.enable');
  await devtools.send('HeapProfiler.collectGarbage');
  await devtools.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
  await devtools.detach();
  const heap = pieces.join('');
  return texts.some((text) => heap.includes(text));
}
