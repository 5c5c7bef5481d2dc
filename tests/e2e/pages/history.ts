import { randomUUID } from 'node:crypto';
import type { HttpApi } from '@app/client';

/**
 * Writes messages for a test to find, in order.
 * @param api of the one who writes
 * @param texts one for each message
 */
export async function write(api: HttpApi, chatId: string, texts: readonly string[]): Promise<void> {
  for (const text of texts) await api.sendMessage({ chatId, clientMessageId: randomUUID(), text });
}

/**
 * Writes many messages whose order does not matter, as fast as the server takes them.
 * @param count how many; each says which one it is
 */
export async function writeMany(api: HttpApi, chatId: string, count: number): Promise<void> {
  let next = 0;
  const writer = async (): Promise<void> => {
    while (next < count) await write(api, chatId, [`Message ${++next} ${'and more '.repeat(next % 12)}`]);
  };
  await Promise.all(Array.from({ length: 64 }, writer));
}

/** Texts that are numbered, so that one sees which they are. */
export function numbered(name: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${name} ${index + 1}.`);
}
