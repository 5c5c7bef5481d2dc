import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { History } from './history.js';
import { waitFor } from './wait-for.js';
import type { ChatUser } from './chat-user.js';

const MESSAGES = 5;

/** A chat that is filled before a fault and erased during it. */
export class ChatToErase {
  private constructor(
    private readonly history: History,
    private readonly pair: readonly [ChatUser, ChatUser],
    private readonly chatId: string,
    private readonly dataDir: string,
    /** The ciphertexts of its messages. */
    private readonly sealed: readonly Buffer[],
  ) {}

  /** Creates and fills a chat. @throws when its ciphertexts are not in the data folder, which `erase` searches */
  static async create(
    history: History,
    pair: readonly [ChatUser, ChatUser],
    dataDir: string,
  ): Promise<ChatToErase> {
    const [user, other] = pair;
    const chatId = await waitFor(() => user.chatWith(other), 'a chat is created');
    for (let i = 0; i < MESSAGES; i++) user.send(chatId);
    await waitFor(
      () => user.unacknowledged === 0,
      'its messages are stored',
      () => JSON.stringify([user.client.state, user.client.unsent(chatId)]),
    );
    const { messages } = await waitFor(
      () => user.client.api.storedChat(chatId),
      'the stored bytes are returned',
    );
    const sealed = messages.map((message) => Buffer.from(message.sealed, 'base64'));
    const chat = new ChatToErase(history, pair, chatId, dataDir, sealed);
    if (sealed.length !== MESSAGES || chat.filesWithBytes().length === 0)
      throw new Error('the ciphertexts of a chat are not in the data folder');
    return chat;
  }

  /** Erases the chat, then searches for it by reads of both members and in every file. */
  async erase(): Promise<void> {
    const { history, chatId } = this;
    history.add({ kind: 'chat-delete-begun', chatId });
    await this.pair[0].client.deleteChat(chatId);
    history.add({ kind: 'chat-delete-answered', chatId });
    for (const file of this.filesWithBytes()) history.add({ kind: 'bytes-found', chatId, file });
    for (const user of this.pair)
      await waitFor(() => user.readPage(chatId, 0), 'the read of a member is answered');
  }

  private filesWithBytes(): string[] {
    return readdirSync(this.dataDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .filter((file) => {
        const bytes = readIfThere(file);
        return this.sealed.some((piece) => bytes.includes(piece));
      });
  }
}

/** Reads a file, which may have been removed since it was listed. */
function readIfThere(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}
