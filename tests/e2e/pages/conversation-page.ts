import { expect, type Locator, type Page } from '@playwright/test';

/** One chat. */
export class ConversationPage {
  readonly log: Locator;
  readonly messages: Locator;
  readonly box: Locator;
  readonly send: Locator;
  readonly dialog: Locator;
  readonly jump: Locator;
  readonly divider: Locator;

  constructor(private readonly page: Page) {
    this.log = page.getByRole('log', { name: 'Messages' });
    this.messages = this.log.getByRole('article');
    this.box = page.getByRole('textbox', { name: 'Message' });
    this.send = page.getByRole('button', { name: 'Send' });
    this.dialog = page.getByRole('dialog');
    this.jump = page.getByRole('button', { name: /Jump to latest/ });
    this.divider = this.log.getByText('New', { exact: true });
  }

  /** Opens a chat by its address and waits until it is live. */
  async open(chatId: string): Promise<void> {
    await this.page.goto(`/chats/${chatId}`);
    await expect(this.box).toBeEnabled();
    await expect(this.page.getByRole('status')).toHaveText('Connected');
  }

  /** The message with this text. */
  message(text: string): Locator {
    return this.messages.filter({ hasText: text });
  }

  /** Writes a text and sends it by Enter. */
  async say(text: string): Promise<void> {
    await this.box.fill(text);
    await this.box.press('Enter');
    await expect(this.message(text.split('\n')[0] ?? text)).toBeVisible();
  }

  async chooseFromMenu(item: string): Promise<void> {
    await this.page.getByRole('button', { name: 'Chat menu' }).click();
    await this.page.getByRole('menuitem', { name: item }).click();
  }

  /** Opens the menu of the message with this text and chooses from it. */
  async chooseFromMessage(text: string, item: string): Promise<void> {
    const line = this.log.locator('app-message-row').filter({ hasText: text });
    await line.getByRole('button', { name: 'Message menu' }).click();
    await this.page.getByRole('menuitem', { name: item }).click();
  }

  /** How far the messages are scrolled, in pixels. */
  scrollTop(): Promise<number> {
    return this.log.evaluate((log) => log.scrollTop);
  }

  /** How far the messages are from their bottom, in pixels. */
  fromBottom(): Promise<number> {
    return this.log.evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight);
  }

  /** Scrolls the messages. @param by pixels; below 0 is up */
  async scroll(by: number): Promise<void> {
    await this.log.hover({ position: { x: 200, y: 100 } });
    await this.page.mouse.wheel(0, by);
  }
}
