import { randomUUID } from 'node:crypto';
import type { HttpApi } from '@app/client';
import type { EdgeClient } from '@app/testing';

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
  const { socket } = await writer.connect();
  const patient = socket.timeout(ACK_LIMIT_MS);
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const text = `Message ${++next} ${'and more '.repeat(next % 12)}`;
      const answer = await patient.emitWithAck('message:send', {
        chatId,
        clientMessageId: randomUUID(),
        text,
      });
      if (!answer.ok) throw new Error(`a message was refused: ${answer.error.code}`);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  writer.close();
}

/** Texts that are numbered, so that one sees which they are. */
export function numbered(name: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${name} ${index + 1}.`);
}
