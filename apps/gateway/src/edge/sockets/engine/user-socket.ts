import type { ClientEvents, ServerEvents } from '@app/contracts/edge';
import type { DefaultEventsMap, Socket } from 'socket.io';
import type { VerifiedSession } from '../../../services/auth.client.js';

/** What a connected socket carries. */
export interface SocketData {
  session: VerifiedSession;
  /** How many bytes it had not read when they were counted last. */
  unread?: number;
}

/** A connected socket of a user. */
export type UserSocket = Socket<ClientEvents, ServerEvents, DefaultEventsMap, SocketData>;
