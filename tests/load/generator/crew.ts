import { randomUUID } from 'node:crypto';
import { io, type Socket } from 'socket.io-client';
import type { ClientEvents, Message, ServerEvents } from '@app/contracts/edge';
import type { Member } from '../servers/server-under-load.js';
import { textOf } from './texts.js';

/** At most one mark in this time for each member, as the real client does it. */
const MARK_INTERVAL_MS = 250;

const CONNECT_MS = 30_000;

/** A message that was sent; times are performance.now(), 0 until it has happened. */
export interface Sent {
  readonly text: string;
  readonly clientMessageId: string;
  readonly senderId: string;
  readonly sentAt: number;
  ackedAt: number;
  refused: boolean;
  /** As it was acknowledged. */
  message: Message | undefined;
  deliveredAt: number;
  deliveries: number;
}

/** What one member has seen. */
export interface Seat {
  readonly member: Member;
  readonly socket: Socket<ServerEvents, ClientEvents>;
  lastSeq: number;
  markTimer: NodeJS.Timeout | undefined;
  markedSeq: number;
}

/** All members' connections to one server, and what they sent since the last check. */
export class Crew {
  readonly seats: Seat[];
  sent = new Map<string, Sent>();
  outOfOrder = 0;
  changed = 0;
  /** Sends without an answer. */
  pending = 0;
  private numbered = 0;

  constructor(
    readonly url: string,
    members: readonly Member[],
  ) {
    this.seats = members.map((member) => {
      const socket: Seat['socket'] = io(url, {
        transports: ['websocket'],
        extraHeaders: { cookie: member.cookie },
        forceNew: true,
        reconnection: false,
      });
      const seat: Seat = { member, socket, lastSeq: 0, markTimer: undefined, markedSeq: 0 };
      socket.on('message:new', ({ message }) => this.receive(seat, message));
      return seat;
    });
  }

  /** Resolves when all are connected. */
  async connected(): Promise<void> {
    await Promise.all(
      this.seats.map(
        ({ socket }) =>
          new Promise<void>((done, failed) => {
            const timer = setTimeout(() => failed(new Error('a socket did not connect in time')), CONNECT_MS);
            socket.once('connect_error', failed);
            socket.once('connect', () => {
              clearTimeout(timer);
              done();
            });
          }),
      ),
    );
    for (const { socket } of this.seats)
      socket.once('disconnect', (reason) => process.stderr.write(`a socket was cut: ${reason}\n`));
  }

  /** Sends the next message of a member. @param answered called with its acknowledgement or refusal */
  send(seat: Seat, answered?: () => void): void {
    const clientMessageId = randomUUID();
    const sent: Sent = {
      text: textOf(this.numbered++),
      clientMessageId,
      senderId: seat.member.userId,
      sentAt: performance.now(),
      ackedAt: 0,
      refused: false,
      message: undefined,
      deliveredAt: 0,
      deliveries: 0,
    };
    this.sent.set(clientMessageId, sent);
    this.pending++;
    seat.socket.emit(
      'message:send',
      { chatId: seat.member.chatId, clientMessageId, text: sent.text },
      (answer) => {
        sent.ackedAt = performance.now();
        this.pending--;
        if (answer.ok) sent.message = answer.message;
        else sent.refused = true;
        answered?.();
      },
    );
  }

  /** Forgets what was sent, for the next run. */
  reset(): void {
    this.sent = new Map();
    this.outOfOrder = 0;
    this.changed = 0;
    this.pending = 0;
  }

  /** Ends all connections. */
  close(): void {
    for (const { socket, markTimer } of this.seats) {
      clearTimeout(markTimer);
      socket.off('disconnect').disconnect();
    }
  }

  private receive(seat: Seat, message: Message): void {
    const sent = this.sent.get(message.clientMessageId ?? '');
    if (message.seq <= seat.lastSeq) this.outOfOrder++;
    seat.lastSeq = Math.max(seat.lastSeq, message.seq);
    if (!sent || sent.text !== message.text || message.chatId !== seat.member.chatId) this.changed++;
    if (sent && sent.deliveries++ === 0) sent.deliveredAt = performance.now();
    if (!seat.markTimer) this.mark(seat);
  }

  private mark(seat: Seat): void {
    seat.markTimer = undefined;
    if (seat.markedSeq === seat.lastSeq) return;
    seat.markedSeq = seat.lastSeq;
    seat.socket.emit('message:delivered', { chatId: seat.member.chatId, seq: seat.lastSeq }, () => undefined);
    seat.markTimer = setTimeout(() => this.mark(seat), MARK_INTERVAL_MS);
  }
}
