import type { ClientEvents, ServerEvents } from '@app/contracts/edge';
import type { DefaultEventsMap, Socket } from 'socket.io';
import type { VerifiedSession } from '../../../services/auth.client.js';

/** The data attached to a connected socket. */
export interface SocketData {
  session: VerifiedSession;
  /** How many bytes waited for it at the last count. */
  unread?: number;
}

/** A connected socket of a user. */
export type UserSocket = Socket<ClientEvents, ServerEvents, DefaultEventsMap, SocketData>;
