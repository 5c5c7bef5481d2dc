import { ApiError, ChatClient, CookieJar } from '@app/client';
import type { Message } from '@app/contracts/edge';
import { EdgeClient } from '@app/testing';
import type { History } from './history.js';

const PAGE = 200;

/** A user with a client, whose actions and observations are added to the history. */
export class ChatUser {
  readonly client: ChatClient;
  /** When a message was last acknowledged, in milliseconds since the epoch. */
  lastAcknowledgedAt = 0;
  /** How many of its messages are not acknowledged yet. */
  unacknowledged = 0;
  /** How many of its reads were refused because it is not a member. */
  refusedReads = 0;
  /** How many of its messages were refused permanently. Expected to stay 0. */
  refusedSends = 0;
  private count = 0;
  private lastStored: Message | undefined;

  private constructor(
    private readonly history: History,
    readonly name: string,
    baseUrl: string,
  ) {
    this.client = new ChatClient({ baseUrl, cookies: new CookieJar() });
    this.client.follow((message) =>
      this.history.add({ kind: 'shown', client: name, userId: this.id, message }),
    );
  }

  /** Signs up and connects. */
  static async signedUp(history: History, name: string, baseUrl: string): Promise<ChatUser> {
    const user = new ChatUser(history, name, baseUrl);
    await user.client.register(name, EdgeClient.password);
    return user;
  }

  /** The user's id. */
  get id(): string {
    return this.client.user?.id ?? '';
  }

  /** Creates a chat with another user. */
  async chatWith(other: ChatUser): Promise<string> {
    const { chat, key } = await this.client.createChat();
    for (const { id } of [this, other]) this.history.add({ kind: 'joined', userId: id, chatId: chat.id });
    await other.client.joinChat(key);
    return chat.id;
  }

  /** Sends a message through the client. */
  send(chatId: string): void {
    const text = `message ${++this.count} of ${this.name}: ünï¢ødé 👋 ${'x'.repeat(this.count % 97)}`;
    const { clientMessageId, stored } = this.client.send(chatId, text);
    this.history.add({ kind: 'send-begun', userId: this.id, chatId, clientMessageId, text });
    this.unacknowledged++;
    stored.then(
      (message) => this.acknowledged(message),
      () => {
        this.unacknowledged--;
        this.refusedSends++;
      },
    );
  }

  /** Sends its last stored message again, by HTTP, with the same id. */
  async repeat(): Promise<void> {
    const message = this.lastStored;
    if (!message || message.text === null || message.clientMessageId === null) return;
    const { chatId, clientMessageId, text } = message;
    const again = await this.client.api.sendMessage({ chatId, clientMessageId, text });
    this.history.add({ kind: 'acknowledged', userId: this.id, message: again });
  }

  /** Erases the text of its last stored message for everybody. */
  async deleteLast(): Promise<void> {
    const { chatId, id } = this.lastStored ?? {};
    if (chatId === undefined || id === undefined || id === null) return;
    this.history.add({ kind: 'message-delete-begun', chatId, messageId: id });
    await this.client.deleteMessage(chatId, id);
    this.history.add({ kind: 'message-delete-answered', chatId, messageId: id });
  }

  /** Reads a page into the history, and counts CHAT_NOT_FOUND. @throws {ApiError} for any other error */
  async readPage(chatId: string, after: number): Promise<{ end: number; hasMore: boolean }> {
    const begunAt = this.history.now;
    try {
      const { messages, hasMore } = await this.client.api.messages(chatId, { after, limit: PAGE });
      this.history.add({ kind: 'page-read', userId: this.id, chatId, after, begunAt, messages, hasMore });
      return { end: messages.at(-1)?.seq ?? after, hasMore };
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'CHAT_NOT_FOUND') throw error;
      this.refusedReads++;
      return { end: after, hasMore: false };
    }
  }

  /** Returns all messages of a chat. */
  async everything(chatId: string): Promise<readonly Message[]> {
    const messages: Message[] = [];
    for (let more = true; more;) {
      const after = messages.at(-1)?.seq ?? 0;
      const page = await this.client.api.messages(chatId, { after, limit: PAGE });
      messages.push(...page.messages);
      more = page.hasMore;
    }
    return messages;
  }

  private acknowledged(message: Message): void {
    this.unacknowledged--;
    this.lastAcknowledgedAt = Date.now();
    this.lastStored = message;
    this.history.add({ kind: 'acknowledged', userId: this.id, message });
  }
}
