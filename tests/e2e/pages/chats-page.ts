import { expect, type Locator, type Page } from '@playwright/test';

/** The list of chats, and what one starts from there. */
export class ChatsPage {
  readonly list: Locator;
  readonly status: Locator;
  readonly dialog: Locator;
  readonly key: Locator;
  readonly alert: Locator;

  constructor(private readonly page: Page) {
    this.list = page.getByRole('navigation', { name: 'Chats' });
    this.status = page.getByRole('status');
    this.dialog = page.getByRole('dialog');
    this.key = page.getByRole('textbox', { name: 'Chat key' });
    this.alert = page.getByRole('alert');
  }

  /** Opens the list and waits until it is live. */
  async open(): Promise<void> {
    await this.page.goto('/chats');
    await expect(this.status).toHaveText('Connected');
  }

  chat(name: string | RegExp): Locator {
    return this.list.getByRole('link', { name });
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  /** Makes a chat in the dialog, and stays where its key is shown. @returns its key */
  async make(name: string): Promise<string> {
    await this.button('New chat').click();
    await this.page.getByRole('textbox', { name: 'Chat name' }).fill(name);
    await this.button('Create').click();
    return this.key.inputValue();
  }

  /** Tries a key in the join dialog. */
  async join(key: string): Promise<void> {
    if (!(await this.dialog.isVisible())) await this.button('Join a chat').click();
    await this.key.fill(key);
    await this.button('Join').click();
  }

  async chooseFromAccount(item: string): Promise<void> {
    await this.button('Account').click();
    await this.page.getByRole('menuitem', { name: item }).click();
  }

  /** Signs out. @param discarding says so, where something unsent is asked about */
  async signOut(discarding = false): Promise<void> {
    await this.chooseFromAccount('Sign out');
    if (discarding) await this.dialog.getByRole('button', { name: 'Sign out' }).click();
    await this.page.waitForURL('**/log-in');
  }
}
