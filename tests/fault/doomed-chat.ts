import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { History } from './history.js';
import { patiently } from './patience.js';
import type { Talker } from './talker.js';

const MESSAGES = 5;

/** A chat that is filled before a fault and erased in the midst of it. */
export class DoomedChat {
  private constructor(
    private readonly history: History,
    private readonly pair: readonly [Talker, Talker],
    private readonly chatId: string,
    private readonly dataDir: string,
    /** The sealed bytes of its messages, as they lie in the files. */
    private readonly sealed: readonly Buffer[],
  ) {}

  /** Makes and fills one. @throws when its bytes are not in the data folder, where the erasure is looked for */
  static async made(history: History, pair: readonly [Talker, Talker], dataDir: string): Promise<DoomedChat> {
    const [talker, other] = pair;
    const chatId = await patiently(() => talker.chatWith(other), 'a chat is made');
    for (let i = 0; i < MESSAGES; i++) talker.say(chatId);
    await patiently(
      () => talker.unacknowledged === 0,
      'its messages are stored',
      () => JSON.stringify([talker.client.state, talker.client.unsent(chatId)]),
    );
    const { messages } = await patiently(
      () => talker.client.api.storedChat(chatId),
      'what the server stores is shown',
    );
    const sealed = messages.map((message) => Buffer.from(message.sealed, 'base64'));
    const chat = new DoomedChat(history, pair, chatId, dataDir, sealed);
    if (sealed.length !== MESSAGES || chat.filesWithBytes().length === 0)
      throw new Error('the sealed bytes of a chat are not in the data folder');
    return chat;
  }

  /** Erases it, then looks for what is left: by both members' reads, and in every file. */
  async erase(): Promise<void> {
    const { history, chatId } = this;
    history.add({ kind: 'chat-delete-begun', chatId });
    await this.pair[0].client.deleteChat(chatId);
    history.add({ kind: 'chat-delete-answered', chatId });
    for (const file of this.filesWithBytes()) history.add({ kind: 'bytes-found', chatId, file });
    for (const talker of this.pair) await patiently(() => talker.readPage(chatId, 0), 'a read is answered');
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

/** A file may go between its listing and its reading. */
function readIfThere(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}
