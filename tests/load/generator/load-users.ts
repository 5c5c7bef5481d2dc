import { randomUUID } from 'node:crypto';
import { io, type Socket } from 'socket.io-client';
import type { ClientEvents, Message, ServerEvents } from '@app/contracts/edge';
import type { Member } from '../servers/server-under-load.js';
import { textOf } from './texts.js';

/** The least time between two receipts of a member, in milliseconds, as in the real client. */
const RECEIPT_INTERVAL_MS = 250;

const CONNECT_MS = 30_000;

/** A sent message. Times are performance.now(), or 0 until they are known. */
export interface Sent {
  readonly text: string;
  readonly clientMessageId: string;
  readonly senderId: string;
  readonly sentAt: number;
  ackedAt: number;
  refused: boolean;
  /** The acknowledged message. */
  message: Message | undefined;
  deliveredAt: number;
  deliveries: number;
}

/** A member's connection and what it has received. */
export interface MemberConnection {
  readonly member: Member;
  readonly socket: Socket<ServerEvents, ClientEvents>;
  lastSeq: number;
  receiptTimer: NodeJS.Timeout | undefined;
  deliveredSeq: number;
}

/** The connections of some members to a server, and the messages they sent since the last check. */
export class LoadUsers {
  readonly connections: MemberConnection[];
  sent = new Map<string, Sent>();
  outOfOrder = 0;
  changed = 0;
  /** The number of messages without an answer. */
  pending = 0;
  private numbered = 0;

  constructor(
    readonly url: string,
    members: readonly Member[],
  ) {
    this.connections = members.map((member) => {
      const socket: MemberConnection['socket'] = io(url, {
        transports: ['websocket'],
        extraHeaders: { cookie: member.cookie },
        forceNew: true,
        reconnection: false,
      });
      const connection: MemberConnection = {
        member,
        socket,
        lastSeq: 0,
        receiptTimer: undefined,
        deliveredSeq: 0,
      };
      socket.on('message:new', ({ message }) => this.receive(connection, message));
      return connection;
    });
  }

  /** Waits until all are connected. */
  async connected(): Promise<void> {
    await Promise.all(
      this.connections.map(
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
    for (const { socket } of this.connections)
      socket.once('disconnect', (reason) => process.stderr.write(`a socket was disconnected: ${reason}\n`));
  }

  /** Sends the next message of a member. @param answered called at its acknowledgement */
  send(connection: MemberConnection, answered?: () => void): void {
    const clientMessageId = randomUUID();
    const sent: Sent = {
      text: textOf(this.numbered++),
      clientMessageId,
      senderId: connection.member.userId,
      sentAt: performance.now(),
      ackedAt: 0,
      refused: false,
      message: undefined,
      deliveredAt: 0,
      deliveries: 0,
    };
    this.sent.set(clientMessageId, sent);
    this.pending++;
    connection.socket.emit(
      'message:send',
      { chatId: connection.member.chatId, clientMessageId, text: sent.text },
      (answer) => {
        sent.ackedAt = performance.now();
        this.pending--;
        if (answer.ok) sent.message = answer.message;
        else sent.refused = true;
        answered?.();
      },
    );
  }

  /** Discards the sent messages before the next run. */
  reset(): void {
    this.sent = new Map();
    this.outOfOrder = 0;
    this.changed = 0;
    this.pending = 0;
  }

  /** Closes all connections. */
  close(): void {
    for (const { socket, receiptTimer } of this.connections) {
      clearTimeout(receiptTimer);
      socket.off('disconnect').disconnect();
    }
  }

  private receive(connection: MemberConnection, message: Message): void {
    const sent = this.sent.get(message.clientMessageId ?? '');
    if (message.seq <= connection.lastSeq) this.outOfOrder++;
    connection.lastSeq = Math.max(connection.lastSeq, message.seq);
    if (!sent || sent.text !== message.text || message.chatId !== connection.member.chatId) this.changed++;
    if (sent && sent.deliveries++ === 0) sent.deliveredAt = performance.now();
    if (!connection.receiptTimer) this.sendReceipt(connection);
  }

  private sendReceipt(connection: MemberConnection): void {
    connection.receiptTimer = undefined;
    if (connection.deliveredSeq === connection.lastSeq) return;
    connection.deliveredSeq = connection.lastSeq;
    connection.socket.emit(
      'message:delivered',
      { chatId: connection.member.chatId, seq: connection.lastSeq },
      () => undefined,
    );
    connection.receiptTimer = setTimeout(() => this.sendReceipt(connection), RECEIPT_INTERVAL_MS);
  }
}
