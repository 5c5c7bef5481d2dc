import type { Locator, Page } from '@playwright/test';

/** The pages for signing up and logging in. */
export class SignInPage {
  readonly username: Locator;
  readonly password: Locator;
  readonly alert: Locator;

  constructor(private readonly page: Page) {
    this.username = page.getByLabel('Username');
    this.password = page.getByLabel('Password');
    this.alert = page.getByRole('alert');
  }

  /** Fills the form of the page that is shown and sends it. */
  async enter(how: 'Sign up' | 'Log in', username: string, password: string): Promise<void> {
    await this.username.fill(username);
    await this.password.fill(password);
    await this.page.getByRole('button', { name: how }).click();
  }

  async signUp(username: string, password: string): Promise<void> {
    await this.page.goto('/sign-up');
    await this.enter('Sign up', username, password);
  }

  async logIn(username: string, password: string): Promise<void> {
    await this.page.goto('/log-in');
    await this.enter('Log in', username, password);
  }
}
