import type { ChatClient } from '@app/client';
import { LIMITS } from '@app/contracts/edge';

/**
 * Answers every message of every chat with its own words. What came while the bot was away is answered when it is
 * back; nothing is answered twice while it runs.
 * @param client signed in, or about to be
 * @returns a function that ends it
 */
export function echo(client: ChatClient): () => void {
  return client.follow((message) => {
    // Own messages come by here too: answering them would never end.
    if (message.text === null || message.senderId === client.user?.id) return;
    client.markRead(message.chatId, message.seq);
    client.send(message.chatId, shortened(`You said: ${message.text}`));
  });
}

/** A text's beginning that is short enough to be sent. Cut by code points: half a character cannot be sent. */
function shortened(text: string): string {
  return Array.from(text).slice(0, LIMITS.textMax).join('');
}
