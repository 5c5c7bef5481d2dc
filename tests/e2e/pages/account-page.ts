import type { Locator, Page } from '@playwright/test';

/** The page about the account. */
export class AccountPage {
  readonly sessions: Locator;
  readonly activity: Locator;

  constructor(private readonly page: Page) {
    this.sessions = page.getByRole('list', { name: 'Sessions' }).getByRole('listitem');
    this.activity = page.getByRole('list', { name: 'Activity' }).getByRole('listitem');
  }

  async open(): Promise<void> {
    await this.page.goto('/account');
    await this.sessions.first().waitFor();
  }

  async changePassword(current: string, next: string): Promise<void> {
    await this.page.getByLabel('Current password').fill(current);
    await this.page.getByLabel('New password').fill(next);
    await this.page.getByRole('button', { name: 'Change password' }).click();
  }
}
