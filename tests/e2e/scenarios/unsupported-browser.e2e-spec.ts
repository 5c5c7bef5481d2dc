import { expect, test } from '@playwright/test';

// Without the page's own fixtures: errors of scripts are what these tests are about.
test.describe('a page that cannot run says so in words', () => {
  for (const missing of ['Intl.Segmenter', 'Array.prototype.toSorted', 'Array.prototype.at'])
    test(`in a browser without ${missing}`, async ({ page }) => {
      const [, holder = '', name = ''] = /^(.*)\.(\w+)$/.exec(missing) ?? [];
      await page.addInitScript(`delete ${holder}['${name}']`);
      await page.goto('/log-in');
      await expect(page.getByText("Secure Chat doesn't work in this browser.")).toBeVisible();
    });

  test('when its script does not come', async ({ page }) => {
    await page.route(/main-.*\.js$/, (route) => route.abort());
    await page.goto('/log-in');
    await expect(page.getByText("Secure Chat couldn't be loaded.")).toBeVisible();
  });

  test('and only then', async ({ page }) => {
    await page.goto('/log-in');
    await expect(page.getByRole('button', { name: 'Log in' })).toBeVisible();
    await expect(page.getByText("doesn't work in this browser")).toBeHidden();
    await expect(page.getByText("couldn't be loaded")).toBeHidden();
  });
});
