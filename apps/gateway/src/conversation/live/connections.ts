import type { SessionEndReason } from '@app/contracts/edge';

/** Who is connected, by user and by session. */
export abstract class Connections {
  /** Whether a user is connected. */
  abstract isOnline(userId: string): boolean;

  /** The ids of the users who are connected. */
  abstract userIds(): string[];

  /** The users whose first connection came or last one went since `takeChanged` was called, and when. */
  abstract get changed(): ReadonlyMap<string, number>;

  /** Returns `changed` and begins it anew. */
  abstract takeChanged(): ReadonlyMap<string, number>;

  /** Whether a session ended while this process ran: what its connections sent and still waits is refused. */
  abstract hasEnded(sessionId: string): boolean;

  /** Emits to the connections of a session why it ended, then cuts them. */
  abstract endSession(sessionId: string, reason: SessionEndReason): void;
}
