import { randomUUID } from 'node:crypto';
import type { ClientEvents, ServerEvents } from '@app/contracts/edge';
import { EdgeClient } from '@app/testing';
import { io, type Socket } from 'socket.io-client';
import type { History } from './history.js';
import { waitFor } from './wait-for.js';
import type { ChatUser } from './chat-user.js';

const RECONNECT_MS = 300;

/**
 * A second connection of a user without a client that sorts messages, fetches missing ones or removes duplicates. It sends
 * without waiting for answers and never repeats a message.
 */
export class RawDevice {
  /** How many of its messages are not acknowledged on this connection yet. */
  unanswered = 0;
  /** The error codes of its refused messages. */
  readonly refusals = new Set<string>();
  private connections = 0;
  private connection = '';
  private count = 0;
  private stopped = false;

  private constructor(
    private readonly history: History,
    private readonly userId: string,
    private readonly name: string,
    private readonly socket: Socket<ServerEvents, ClientEvents>,
  ) {
    socket.on('connect', () => {
      this.connection = `${name} #${++this.connections}`;
    });
    socket.on('disconnect', () => {
      this.unanswered = 0;
      this.reconnect();
    });
    socket.on('connect_error', () => this.reconnect());
    socket.on('message:new', ({ message }) =>
      history.add({ kind: 'received', connection: this.connection, userId, message }),
    );
  }

  /** Logs a user in on another device and connects it. */
  static async of(user: ChatUser, history: History, url: string): Promise<RawDevice> {
    const edge = new EdgeClient(url);
    await waitFor(async () => {
      const account = { username: user.name, password: EdgeClient.password };
      return (await edge.call('POST', '/auth/login', account)).status === 200;
    }, `${user.name} logs in on another device`);
    const socket: Socket<ServerEvents, ClientEvents> = io(url, {
      forceNew: true,
      reconnectionDelay: RECONNECT_MS,
      reconnectionDelayMax: RECONNECT_MS,
      extraHeaders: { cookie: edge.cookie },
    });
    const device = new RawDevice(history, user.id, `${user.name}'s other device`, socket);
    await waitFor(() => socket.connected, `${user.name}'s other device connects`);
    return device;
  }

  /** The number of its connections so far. */
  get connects(): number {
    return this.connections;
  }

  /** Sends some messages without waiting for answers, unless it is disconnected. */
  burst(chatId: string, messages: number): void {
    if (!this.socket.connected) return;
    const { connection } = this;
    for (let i = 0; i < messages; i++) {
      const clientMessageId = randomUUID();
      const text = `message ${++this.count} of ${this.name}`;
      this.history.add({ kind: 'send-begun', userId: this.userId, chatId, clientMessageId, text });
      this.history.add({ kind: 'sent-pipelined', connection, chatId, clientMessageId });
      this.unanswered++;
      this.socket.emit('message:send', { chatId, clientMessageId, text }, (answer) => {
        if (connection === this.connection) this.unanswered--;
        if (answer.ok)
          this.history.add({ kind: 'acknowledged', userId: this.userId, message: answer.message });
        else this.refusals.add(answer.error.code);
      });
    }
  }

  /** Disconnects without reconnecting. */
  stop(): void {
    this.stopped = true;
    this.socket.disconnect();
  }

  /** Reconnects: Socket.IO does not by itself after the server has closed the connection or refused it. */
  private reconnect(): void {
    setTimeout(() => {
      if (!this.stopped && !this.socket.active) this.socket.connect();
    }, RECONNECT_MS);
  }
}
