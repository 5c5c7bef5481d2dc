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
 * How many bytes may wait for a socket. They are counted at every eighth waiting packet: the seven packets in between are
 * less than 1 MiB, so that no socket holds 4 MiB.
 */
const MAX_WAITING_BYTES = 3 * 1024 * 1024;
const COUNT_EVERY_PACKETS = 8;

/** How many bytes may wait for all sockets of a user. */
const MAX_WAITING_BYTES_OF_USER = 16 * 1024 * 1024;

/** How many events of a chat are held for a user until `chat:joined` is emitted. The client fetches those beyond. */
const MAX_HELD = 500;

/** The most bytes that a UTF-16 code unit takes, in memory or as UTF-8. */
const BYTES_PER_UNIT = 3;

/** How many ended sessions are remembered. Requests of older ones have long been answered. */
const MAX_ENDED = 10_000;

/** How long a socket may take to read why its session ended before it is closed, in milliseconds. */
const CLOSE_DELAY_MS = 300;

/** An event that is held until `chat:joined` is emitted. */
interface Held {
  readonly event: EncodedEvent;
  readonly except: Connection | undefined;
}

/** The connected sockets by user and by session. All events are emitted through it. */
@Injectable()
export class UserSockets implements Broadcast, Connections {
  private readonly byUser = new Map<string, Set<UserSocket>>();
  private readonly bySession = new Map<string, Set<UserSocket>>();
  private readonly ended = new LruMap<string, true>(MAX_ENDED);
  /** The held events, by user and chat. */
  private readonly held = new Map<string, Map<string, Held[]>>();
  /** How many bytes wait for all sockets of a user, for users with any. */
  private readonly unread = new Map<string, number>();
  private changedUsers = new Map<string, number>();

  constructor(
    private readonly rate: FanOutRate,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** The number of connected sockets. */
  get size(): number {
    let size = 0;
    for (const sockets of this.byUser.values()) size += sockets.size;
    return size;
  }

  /** Adds a connected socket. */
  add(socket: UserSocket): void {
    const { user, sessionId } = socket.data.session;
    put(this.bySession, sessionId, socket);
    if (put(this.byUser, user.id, socket) === 1) this.changedUsers.set(user.id, Date.now());
  }

  /** Removes a socket. */
  remove(socket: UserSocket): void {
    const { user, sessionId } = socket.data.session;
    take(this.bySession, sessionId, socket);
    this.setUnread(socket, 0);
    if (take(this.byUser, user.id, socket)) this.changedUsers.set(user.id, Date.now());
  }

  /** Returns `changed`, and starts a new period. */
  takeChanged(): ReadonlyMap<string, number> {
    const changed = this.changedUsers;
    if (changed.size > 0) this.changedUsers = new Map();
    return changed;
  }

  /** The users who came online or went offline since the last `takeChanged`, with the time. */
  get changed(): ReadonlyMap<string, number> {
    return this.changedUsers;
  }

  /** Returns the ids of the connected users. */
  userIds(): string[] {
    return [...this.byUser.keys()];
  }

  /** Returns how many sockets a user has. */
  count(userId: string): number {
    return this.byUser.get(userId)?.size ?? 0;
  }

  /** Returns whether a user is connected. */
  isOnline(userId: string): boolean {
    return this.byUser.has(userId);
  }

  /** Returns the ids of the sessions that have sockets. */
  sessionIds(): string[] {
    return [...this.bySession.keys()];
  }

  /**
   * Emits an event to every socket of some users.
   * @param except a socket that gets the same data as an acknowledgement
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

  /** Counts a message against the bytes that its sender may send to others' sockets. */
  reserve(senderId: string, memberIds: readonly string[], units: number): number {
    let sockets = 0;
    for (const id of memberIds) sockets += this.count(id);
    return this.rate.take(senderId, units, sockets);
  }

  /** Holds the events of a chat for a user until `release`. */
  hold(userId: string, chatId: string): void {
    let chats = this.held.get(userId);
    if (!chats) this.held.set(userId, (chats = new Map()));
    if (!chats.has(chatId)) chats.set(chatId, []);
  }

  /**
   * Stops holding the events of a chat for a user.
   * @param emit whether the held events are emitted, or discarded
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
      if (socket === except || this.closeIfStalled(socket)) continue;
      try {
        event.writeTo(socket);
      } catch (error) {
        this.logger.error({ err: error }, 'closed a socket to which an event could not be written');
        socket.conn.close(true);
      }
    }
  }

  /** Attaches the new token's digest to the sockets of a session. */
  renewSession(sessionId: string, digest: string): void {
    for (const socket of this.bySession.get(sessionId) ?? [])
      socket.data.session = { ...socket.data.session, digest };
  }

  /** Returns whether a session ended while this process ran. Packets of its sockets that still wait are refused. */
  hasEnded(sessionId: string): boolean {
    return this.ended.get(sessionId) === true;
  }

  /** Emits the reason to the sockets of a session that ended, then closes them. */
  endSession(sessionId: string, reason: SessionEndReason): void {
    this.ended.set(sessionId, true);
    for (const socket of [...(this.bySession.get(sessionId) ?? [])]) {
      socket.emit('session:ended', { reason });
      // An immediate close would discard the packet.
      setTimeout(() => socket.disconnect(true), CLOSE_DELAY_MS);
      this.remove(socket);
      socket.offAny();
    }
  }

  /** Closes the sockets of a session that auth has not confirmed for too long, without a `session:ended`. */
  cutSession(sessionId: string): void {
    for (const socket of [...(this.bySession.get(sessionId) ?? [])]) socket.disconnect(true);
  }

  /**
   * Closes a socket for which too much waits because its client does not read. Called before each packet to it; the
   * client fetches what it missed after it reconnects.
   * @returns whether it has been closed
   */
  closeIfStalled(socket: UserSocket): boolean {
    // Packets wait in `writeBuffer`, for which Engine.IO has no type, while the transport is not writable.
    const queued: unknown = Reflect.get(socket.conn, 'writeBuffer');
    if (!Array.isArray(queued)) return false;
    if (queued.length % COUNT_EVERY_PACKETS !== 0 || queued.length === 0) {
      if (queued.length === 0 && socket.data.unread) this.setUnread(socket, 0);
      return false;
    }
    const bytes = waitingBytes(socket);
    if (bytes < MAX_WAITING_BYTES && !this.isUserStuck(socket, bytes)) return false;
    this.logger.warn({ userId: socket.data.session.user.id, bytes }, 'closed a socket that stopped reading');
    // A closing handshake would wait behind the unread bytes, and keep them in memory, for half a minute.
    websocketOf(socket)?.terminate?.();
    socket.conn.close(true);
    return true;
  }

  /** Returns whether too much waits for all sockets of a user. @param bytes what waits for this one */
  private isUserStuck(socket: UserSocket, bytes: number): boolean {
    const userId = socket.data.session.user.id;
    if (this.setUnread(socket, bytes) < MAX_WAITING_BYTES_OF_USER) return false;
    // The other sockets may have read since their last count.
    for (const other of this.byUser.get(userId) ?? [])
      if (other.data.unread) this.setUnread(other, waitingBytes(other));
    return (this.unread.get(userId) ?? 0) >= MAX_WAITING_BYTES_OF_USER;
  }

  /** Records how many bytes wait for a socket. @returns how many wait for all sockets of its user */
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

/** Returns the id of the chat that an event concerns, or undefined. */
function chatOf(payload: ServerEventPayloads[keyof ServerEventPayloads]): string | undefined {
  if ('chatId' in payload) return payload.chatId;
  if ('message' in payload) return payload.message.chatId;
  return 'chat' in payload ? payload.chat.id : undefined;
}

/** Returns the WebSocket of a socket, for which Engine.IO has no type, or undefined with long polling. */
function websocketOf(socket: UserSocket): { bufferedAmount?: number; terminate?: () => void } | undefined {
  return Reflect.get(socket.conn.transport, 'socket') as
    { bufferedAmount?: number; terminate?: () => void } | undefined;
}

/** Returns how many bytes wait for a socket, in Engine.IO and in its WebSocket. */
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
