import type { ServerEventPayloads } from '@app/contracts/edge';

/** A connection of a user. Whoever sent a message by it learns of the message by its answer, not by a broadcast. */
export interface Connection {
  readonly data: { readonly session: { readonly sessionId: string } };
}

/** Emits events to users' connections. */
export abstract class Broadcast {
  /**
   * Emits an event to every connection of some users.
   * @param except a connection that knows already
   */
  abstract emit<E extends keyof ServerEventPayloads>(
    userIds: Iterable<string>,
    event: E,
    payload: ServerEventPayloads[E],
    except?: Connection,
  ): void;

  /**
   * Counts a message against what its sender may put on the wires of all who get it.
   * @param units the length of its text in UTF-16 units
   * @returns 0 where it may be sent, else after how many seconds it may be
   */
  abstract reserve(senderId: string, memberIds: readonly string[], units: number): number;

  /** Holds the events of a chat back from a user until they are released. */
  abstract hold(userId: string, chatId: string): void;

  /**
   * Holds the events of a chat back no more.
   * @param emit whether those that were held are emitted now, or discarded
   */
  abstract release(userId: string, chatId: string, emit: boolean): void;
}
