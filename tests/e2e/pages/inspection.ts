import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

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
  for (const [index, look] of looks.entries()) {
    // Reduced motion, so that colours are not looked at half-way.
    await page.emulateMedia({ ...look, reducedMotion: 'reduce' });
    // A menu lies above the page and is reached from its button: it belongs to no landmark.
    const menu = await page.getByRole('menu').isVisible();
    // Legacy mode leaves out what only frames need, a page of its own for each analysis; there are no frames.
    const axe = new AxeBuilder({ page })
      .setLegacyMode()
      .disableRules(menu ? ['region', 'page-has-heading-one'] : []);
    const { violations } = await (index === 0 ? axe : axe.withRules(['color-contrast'])).analyze();
    const found = violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`),
    );
    expect(found, `${what}, ${JSON.stringify(look)}`).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: 'light', forcedColors: 'none', reducedMotion: null });
}
