import { randomUUID } from 'node:crypto';
import type { HttpApi } from '@app/client';
import type { Message } from '@app/contracts/edge';
import type { EdgeClient } from '@app/testing';
import type { Page } from '@playwright/test';

/**
 * Writes messages for a test to find, in order.
 * @param api of the one who writes
 * @param texts one for each message
 */
export async function write(api: HttpApi, chatId: string, texts: readonly string[]): Promise<void> {
  for (const text of texts) await api.sendMessage({ chatId, clientMessageId: randomUUID(), text });
}

/** So many messages are on their way at once: the server stores them in common commits. */
const IN_FLIGHT = 256;
const ACK_LIMIT_MS = 60_000;

/**
 * Writes many messages whose order does not matter, as fast as the server takes them from one socket.
 * @param count how many; each says which one it is
 */
export async function writeMany(writer: EdgeClient, chatId: string, count: number): Promise<void> {
  let connection = writer.connect();
  let next = 0;
  // A busy machine may miss a heartbeat: what was on its way then is said again, under its id.
  const say = async (text: string, clientMessageId: string): Promise<void> => {
    const used = connection;
    const { socket } = await used;
    try {
      const payload = { chatId, clientMessageId, text };
      const answer = await socket.timeout(ACK_LIMIT_MS).emitWithAck('message:send', payload);
      if (!answer.ok) throw new Error(`a message was refused: ${answer.error.code}`);
    } catch (error) {
      if (socket.connected) throw error;
      if (connection === used) connection = writer.connect();
      await say(text, clientMessageId);
    }
  };
  const lane = async (): Promise<void> => {
    while (next < count) await say(`Message ${++next} ${'and more '.repeat(next % 12)}`, randomUUID());
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  writer.close();
}

/**
 * Changes what a page gets of its history, as another day or a damaged disk would.
 * @param change gives what of a message is to be another
 */
export async function alterHistory(
  page: Page,
  change: (message: Message) => Partial<Message>,
): Promise<void> {
  await page.route('**/messages*', async (route) => {
    const response = await route.fetch();
    const { messages, hasMore } = (await response.json()) as { messages: Message[]; hasMore: boolean };
    const json = { messages: messages.map((message) => ({ ...message, ...change(message) })), hasMore };
    await route.fulfill({ response, json });
  });
}

/** Texts that are numbered, so that one sees which they are. */
export function numbered(name: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${name} ${index + 1}.`);
}
