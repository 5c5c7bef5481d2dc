import { Inject, Injectable } from '@nestjs/common';
import type { ClientEvents, ServerEventPayloads, ServerEvents, SessionEndReason } from '@app/contracts/edge';
import { LOGGER, LruMap } from '@app/platform';
import type { Logger } from 'pino';
import type { DefaultEventsMap, Socket } from 'socket.io';
import type { VerifiedSession } from '../auth/auth.client.js';

/** What a connected socket carries. */
export interface SocketData {
  session: VerifiedSession;
}

/** A connected socket of a user. */
export type UserSocket = Socket<ClientEvents, ServerEvents, DefaultEventsMap, SocketData>;

/**
 * How many bytes may wait for a socket that does not read. What waits is counted again whenever so many more packets
 * wait: seven of the largest are less than 1 MiB, so that no socket costs 4 MiB.
 */
const MAX_WAITING_BYTES = 3 * 1024 * 1024;
const COUNT_EVERY_PACKETS = 8;

/** What a UTF-16 unit takes at most, as text in memory or as UTF-8 on its way. */
const BYTES_PER_UNIT = 3;

/** How many ended sessions are remembered: long after them, nothing that they sent waits any more. */
const MAX_ENDED = 10_000;

/** How long a socket may take to read why it is cut, in milliseconds. */
const GOODBYE_MS = 300;

/** The connected sockets by user and by session, and the only way to send them anything. */
@Injectable()
export class FanOut {
  private readonly byUser = new Map<string, Set<UserSocket>>();
  private readonly bySession = new Map<string, Set<UserSocket>>();
  private readonly ended = new LruMap<string, true>(MAX_ENDED);
  private changedUsers = new Set<string>();

  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  /** How many sockets are connected. */
  get size(): number {
    let size = 0;
    for (const sockets of this.byUser.values()) size += sockets.size;
    return size;
  }

  /** Takes a socket in. */
  add(socket: UserSocket): void {
    const { user, sessionId } = socket.data.session;
    put(this.bySession, sessionId, socket);
    if (put(this.byUser, user.id, socket) === 1) this.changedUsers.add(user.id);
  }

  /** Lets a socket go. */
  remove(socket: UserSocket): void {
    const { user, sessionId } = socket.data.session;
    take(this.bySession, sessionId, socket);
    if (take(this.byUser, user.id, socket)) this.changedUsers.add(user.id);
  }

  /** The users whose first socket came or last socket went since the last call. */
  takeChanged(): ReadonlySet<string> {
    const changed = this.changedUsers;
    if (changed.size > 0) this.changedUsers = new Set();
    return changed;
  }

  /** How many sockets a user has. */
  count(userId: string): number {
    return this.byUser.get(userId)?.size ?? 0;
  }

  /** Whether a user is connected. */
  isOnline(userId: string): boolean {
    return this.byUser.has(userId);
  }

  /** The ids of the sessions that have sockets. */
  sessionIds(): string[] {
    return [...this.bySession.keys()];
  }

  /**
   * Sends an event to every socket of some users.
   * @param except a socket that knows already
   */
  emit<E extends keyof ServerEventPayloads>(
    userIds: Iterable<string>,
    event: E,
    payload: ServerEventPayloads[E],
    except?: UserSocket,
  ): void {
    const args = [payload] as unknown as Parameters<ServerEvents[E]>;
    for (const userId of userIds)
      for (const socket of this.byUser.get(userId) ?? []) {
        if (socket === except || this.cutIfStuck(socket)) continue;
        socket.emit(event, ...args);
      }
  }

  /** Has the sockets of a session go on under its new token. */
  renewSession(sessionId: string, digest: string): void {
    for (const socket of this.bySession.get(sessionId) ?? [])
      socket.data.session = { ...socket.data.session, digest };
  }

  /** Whether a session ended while this process ran: what its sockets have sent and nobody has done yet is refused. */
  hasEnded(sessionId: string): boolean {
    return this.ended.get(sessionId) === true;
  }

  /** Tells the sockets of a session why it ended, then cuts them. */
  endSession(sessionId: string, reason: SessionEndReason): void {
    this.ended.set(sessionId, true);
    for (const socket of [...(this.bySession.get(sessionId) ?? [])]) {
      socket.emit('session:ended', { reason });
      // Closed once the packet is out: an immediate close would drop it.
      setTimeout(() => socket.disconnect(true), GOODBYE_MS);
      this.remove(socket);
      socket.offAny();
    }
  }

  /** Cuts the sockets of a session that nobody could vouch for any more, without a word. */
  cutSession(sessionId: string): void {
    for (const socket of [...(this.bySession.get(sessionId) ?? [])]) socket.disconnect(true);
  }

  /**
   * Cuts a socket that stopped reading, before it costs memory; it fetches what it missed when it is back. To be asked
   * before anything is sent to it.
   */
  cutIfStuck(socket: UserSocket): boolean {
    // Engine.IO types neither: packets wait in `writeBuffer` while the transport is not writable.
    const queued: unknown = Reflect.get(socket.conn, 'writeBuffer');
    if (!Array.isArray(queued) || queued.length === 0 || queued.length % COUNT_EVERY_PACKETS !== 0)
      return false;
    let units = 0;
    for (const packet of queued as { data?: unknown }[])
      if (typeof packet.data === 'string') units += packet.data.length;
    // What the transport has taken and the kernel has not: only a websocket has such a thing.
    const wire = Reflect.get(socket.conn.transport, 'socket') as
      { bufferedAmount?: number; terminate?: () => void } | undefined;
    const bytes = units * BYTES_PER_UNIT + (wire?.bufferedAmount ?? 0);
    if (bytes < MAX_WAITING_BYTES) return false;
    this.logger.warn({ userId: socket.data.session.user.id, bytes }, 'a socket that stopped reading is cut');
    // A closing handshake would wait half a minute behind what is not read, and keep it that long.
    wire?.terminate?.();
    socket.conn.close(true);
    return true;
  }
}

function put(map: Map<string, Set<UserSocket>>, key: string, socket: UserSocket): number {
  let sockets = map.get(key);
  if (!sockets) map.set(key, (sockets = new Set()));
  sockets.add(socket);
  return sockets.size;
}

function take(map: Map<string, Set<UserSocket>>, key: string, socket: UserSocket): boolean {
  const sockets = map.get(key);
  if (!sockets?.delete(socket) || sockets.size > 0) return false;
  map.delete(key);
  return true;
}
