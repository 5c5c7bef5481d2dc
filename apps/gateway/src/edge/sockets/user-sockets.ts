import { Inject, Injectable } from '@nestjs/common';
import type { ServerEventPayloads, SessionEndReason } from '@app/contracts/edge';
import { LOGGER, LruMap } from '@app/platform';
import type { Logger } from 'pino';
import type { Broadcast, Connection } from '../../conversation/live/broadcast.js';
import type { Connections } from '../../conversation/live/connections.js';
import { FanOutRate } from '../limits/message-rate.js';
import { EncodedEvent } from './encoded-event.js';
import type { UserSocket } from './engine/user-socket.js';

/**
 * How many bytes may wait for a socket that does not read. What waits is counted again whenever so many more packets
 * wait: seven of the largest are less than 1 MiB, so that no socket costs 4 MiB.
 */
const MAX_WAITING_BYTES = 3 * 1024 * 1024;
const COUNT_EVERY_PACKETS = 8;

/** How many bytes may wait for all sockets of a user together. */
const MAX_WAITING_BYTES_OF_USER = 16 * 1024 * 1024;

/** How many events of a chat wait for a user whose `chat:joined` is on its way; a client fetches what is missing. */
const MAX_HELD = 500;

/** What a UTF-16 unit takes at most, as text in memory or as UTF-8 on its way. */
const BYTES_PER_UNIT = 3;

/** How many ended sessions are remembered: long after them, nothing that they sent waits any more. */
const MAX_ENDED = 10_000;

/** How long a socket may take to read why it is cut, in milliseconds. */
const GOODBYE_MS = 300;

/** An event that waits until the user has been sent `chat:joined`. */
interface Held {
  readonly event: EncodedEvent;
  readonly except: Connection | undefined;
}

/** The connected sockets by user and by session, and the only way to emit anything to them. */
@Injectable()
export class UserSockets implements Broadcast, Connections {
  private readonly byUser = new Map<string, Set<UserSocket>>();
  private readonly bySession = new Map<string, Set<UserSocket>>();
  private readonly ended = new LruMap<string, true>(MAX_ENDED);
  /** The events that are held, by user and chat. */
  private readonly held = new Map<string, Map<string, Held[]>>();
  /** The bytes that wait for all sockets of a user, where there are any. */
  private readonly unread = new Map<string, number>();
  private changedUsers = new Map<string, number>();

  constructor(
    private readonly rate: FanOutRate,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

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
    if (put(this.byUser, user.id, socket) === 1) this.changedUsers.set(user.id, Date.now());
  }

  /** Lets a socket go. */
  remove(socket: UserSocket): void {
    const { user, sessionId } = socket.data.session;
    take(this.bySession, sessionId, socket);
    this.setUnread(socket, 0);
    if (take(this.byUser, user.id, socket)) this.changedUsers.set(user.id, Date.now());
  }

  /** The users whose first socket came or last socket went since the last call, and when. */
  takeChanged(): ReadonlyMap<string, number> {
    const changed = this.changedUsers;
    if (changed.size > 0) this.changedUsers = new Map();
    return changed;
  }

  /** As `takeChanged`, which gives them again. */
  get changed(): ReadonlyMap<string, number> {
    return this.changedUsers;
  }

  /** The ids of the users who are connected. */
  userIds(): string[] {
    return [...this.byUser.keys()];
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
    except?: Connection,
  ): void {
    const chatId = this.held.size > 0 && event !== 'chat:joined' ? chatOf(payload) : undefined;
    let encoded: EncodedEvent | undefined;
    for (const userId of userIds) {
      const sockets = this.byUser.get(userId);
      if (!sockets) continue;
      const held = chatId === undefined ? undefined : this.held.get(userId)?.get(chatId);
      encoded ??= new EncodedEvent(event, payload);
      if (!held) this.write(sockets, encoded, except);
      else if (held.length < MAX_HELD) held.push({ event: encoded, except });
    }
  }

  /** Counts a message against what its sender may put on the wires of all sockets that get it. */
  reserve(senderId: string, memberIds: readonly string[], units: number): number {
    let sockets = 0;
    for (const id of memberIds) sockets += this.count(id);
    return this.rate.take(senderId, units, sockets);
  }

  /** Holds the events of a chat back from a user, until they are released. */
  hold(userId: string, chatId: string): void {
    let chats = this.held.get(userId);
    if (!chats) this.held.set(userId, (chats = new Map()));
    if (!chats.has(chatId)) chats.set(chatId, []);
  }

  /**
   * Holds the events of a chat back no more.
   * @param emit whether those that were held are sent now, or dropped
   */
  release(userId: string, chatId: string, emit: boolean): void {
    const chats = this.held.get(userId);
    const held = chats?.get(chatId) ?? [];
    if (chats?.delete(chatId) && chats.size === 0) this.held.delete(userId);
    const sockets = this.byUser.get(userId);
    if (emit && sockets) for (const { event, except } of held) this.write(sockets, event, except);
  }

  private write(sockets: Iterable<UserSocket>, event: EncodedEvent, except: Connection | undefined): void {
    for (const socket of sockets) {
      if (socket === except || this.cutIfStuck(socket)) continue;
      try {
        event.writeTo(socket);
      } catch (error) {
        this.logger.error({ err: error }, 'an event could not be written to a socket, which is cut');
        socket.conn.close(true);
      }
    }
  }

  /** Has the sockets of a session go on under its new token. */
  renewSession(sessionId: string, digest: string): void {
    for (const socket of this.bySession.get(sessionId) ?? [])
      socket.data.session = { ...socket.data.session, digest };
  }

  /** Whether a session ended while this process ran: what its sockets sent and still waits is refused. */
  hasEnded(sessionId: string): boolean {
    return this.ended.get(sessionId) === true;
  }

  /** Emits to the sockets of a session why it ended, then cuts them. */
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
    // Engine.IO does not type it: packets wait in `writeBuffer` while the transport is not writable.
    const queued: unknown = Reflect.get(socket.conn, 'writeBuffer');
    if (!Array.isArray(queued)) return false;
    if (queued.length % COUNT_EVERY_PACKETS !== 0 || queued.length === 0) {
      if (queued.length === 0 && socket.data.unread) this.setUnread(socket, 0);
      return false;
    }
    const bytes = waitingBytes(socket);
    if (bytes < MAX_WAITING_BYTES && !this.isUserStuck(socket, bytes)) return false;
    const wire = websocketOf(socket);
    this.logger.warn({ userId: socket.data.session.user.id, bytes }, 'a socket that stopped reading is cut');
    // A closing handshake would wait half a minute behind what is not read, and keep it that long.
    wire?.terminate?.();
    socket.conn.close(true);
    return true;
  }

  /** Whether too much waits for the sockets of a user together, of which this one has just been counted. */
  private isUserStuck(socket: UserSocket, bytes: number): boolean {
    const userId = socket.data.session.user.id;
    if (this.setUnread(socket, bytes) < MAX_WAITING_BYTES_OF_USER) return false;
    // The others may have read since they were counted.
    for (const other of this.byUser.get(userId) ?? [])
      if (other.data.unread) this.setUnread(other, waitingBytes(other));
    return (this.unread.get(userId) ?? 0) >= MAX_WAITING_BYTES_OF_USER;
  }

  /** Notes what waits for a socket. @returns what waits for all sockets of its user */
  private setUnread(socket: UserSocket, bytes: number): number {
    const userId = socket.data.session.user.id;
    const before = socket.data.unread ?? 0;
    const total = (this.unread.get(userId) ?? 0) - before + bytes;
    if (before === bytes) return total;
    socket.data.unread = bytes;
    if (total === 0) this.unread.delete(userId);
    else this.unread.set(userId, total);
    return total;
  }
}

/** The chat that an event is about, if it is about one. */
function chatOf(payload: ServerEventPayloads[keyof ServerEventPayloads]): string | undefined {
  if ('chatId' in payload) return payload.chatId;
  if ('message' in payload) return payload.message.chatId;
  return 'chat' in payload ? payload.chat.id : undefined;
}

/** The websocket of a socket; long polling has none. Engine.IO does not type it. */
function websocketOf(socket: UserSocket): { bufferedAmount?: number; terminate?: () => void } | undefined {
  return Reflect.get(socket.conn.transport, 'socket') as
    { bufferedAmount?: number; terminate?: () => void } | undefined;
}

/** How many bytes wait for a socket: in Engine.IO, and what the transport has taken and the kernel has not. */
function waitingBytes(socket: UserSocket): number {
  let units = 0;
  for (const { data } of Reflect.get(socket.conn, 'writeBuffer') as { data?: unknown }[])
    if (typeof data === 'string') units += data.length;
  return units * BYTES_PER_UNIT + (websocketOf(socket)?.bufferedAmount ?? 0);
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
