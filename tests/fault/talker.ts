import { ApiError, ChatClient, CookieJar } from '@app/client';
import type { Message } from '@app/contracts/edge';
import { EdgeClient } from '@app/testing';
import type { History } from './history.js';

const PAGE = 200;

/** Somebody at a client: what is done with it and what it shows is noted in the history. */
export class Talker {
  readonly client: ChatClient;
  /** When a message was last acknowledged, in milliseconds of the epoch. */
  lastAcknowledgedAt = 0;
  /** How many of its messages nobody has acknowledged yet. */
  unacknowledged = 0;
  /** How many of its reads were refused as those of a stranger. */
  refusedReads = 0;
  /** How many of its messages were refused for good; none is the promise. */
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

  /** Signs up under a name and connects. */
  static async signedUp(history: History, name: string, baseUrl: string): Promise<Talker> {
    const talker = new Talker(history, name, baseUrl);
    await talker.client.register(name, EdgeClient.password);
    return talker;
  }

  /** The user's id. */
  get id(): string {
    return this.client.user?.id ?? '';
  }

  /** Makes a chat that this talker and another are in. */
  async chatWith(other: Talker): Promise<string> {
    const { chat, key } = await this.client.createChat();
    for (const { id } of [this, other]) this.history.add({ kind: 'joined', userId: id, chatId: chat.id });
    await other.client.joinChat(key);
    return chat.id;
  }

  /** Sends one message through the client. */
  say(chatId: string): void {
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

  /** Reads a page and notes what it has. A refusal as a stranger is counted. @throws ApiError any other */
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

  /** Everything that a chat holds now. */
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
