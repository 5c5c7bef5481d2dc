import { ApiError, unavailable } from '@app/platform';
import type { ChatAccess } from '../../services/chats.client.js';
import type { Connection } from '../live/broadcast.js';

/** How many messages of one connection and chat may wait for access, and how many in all. */
const MAX_WAITING_OF_CHAT = 1_000;
const MAX_WAITING = 20_000;

/** A message that waits for access to its chat. */
interface Waiting {
  readonly store: (access: ChatAccess) => void;
  readonly refuse: (error: unknown) => void;
}

/**
 * Keeps what one connection sends to a chat in the order in which it was sent. A message that must wait for access holds
 * back those that the same connection sends to the same chat after it, whatever becomes known about the chat meanwhile.
 */
export class SendOrder {
  private readonly queues = new Map<Connection, Map<string, Waiting[]>>();
  private waiting = 0;

  /** Whether a message of this connection to this chat waits, so that the next one must wait behind it. */
  isWaiting(socket: Connection, chatId: string): boolean {
    return this.waiting > 0 && this.queues.get(socket)?.has(chatId) === true;
  }

  /**
   * Stores a message when there is access and when all messages before it are stored or refused.
   * @param socket the connection that sent it
   * @param ask requests access; called once for all that wait at that moment
   * @param message `store` and `refuse` must not throw; one of them is called, once
   */
  enter(socket: Connection, chatId: string, ask: () => Promise<ChatAccess>, message: Waiting): void {
    let chats = this.queues.get(socket);
    if (!chats) this.queues.set(socket, (chats = new Map()));
    const queue = chats.get(chatId);
    if (this.waiting >= MAX_WAITING || (queue && queue.length >= MAX_WAITING_OF_CHAT)) {
      if (chats.size === 0) this.queues.delete(socket);
      message.refuse(unavailable());
      return;
    }
    this.waiting++;
    if (queue) {
      queue.push(message);
      return;
    }
    const started = [message];
    chats.set(chatId, started);
    void this.run(started, ask, () => {
      chats.delete(chatId);
      if (chats.size === 0) this.queues.delete(socket);
    });
  }

  private async run(queue: Waiting[], ask: () => Promise<ChatAccess>, ended: () => void): Promise<void> {
    while (queue.length > 0) {
      const asked = queue.length;
      try {
        const access = await ask();
        for (const { store } of this.take(queue, queue.length)) store(access);
      } catch (error) {
        // Who was refused may have joined since: access is requested again for those that were sent later. Where nobody answers,
        // no one waits for a second deadline.
        const unanswered = error instanceof ApiError && error.code === 'SERVICE_UNAVAILABLE';
        for (const { refuse } of this.take(queue, unanswered ? queue.length : asked)) refuse(error);
      }
    }
    // In the same step as the last look at the queue: nothing enters a queue that nobody serves.
    ended();
  }

  private take(queue: Waiting[], count: number): Waiting[] {
    this.waiting -= count;
    return queue.splice(0, count);
  }
}
