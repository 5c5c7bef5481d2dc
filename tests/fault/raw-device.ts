import { randomUUID } from 'node:crypto';
import type { ClientEvents, ServerEvents } from '@app/contracts/edge';
import { EdgeClient } from '@app/testing';
import { io, type Socket } from 'socket.io-client';
import type { History } from './history.js';
import { patiently } from './patience.js';
import type { Talker } from './talker.js';

const RECONNECT_MS = 300;

/**
 * Another device of somebody, with nothing between it and Socket.IO that sorts, fetches what is missing or leaves out
 * what comes twice. It sends without waiting for answers and never repeats anything.
 */
export class RawDevice {
  /** How many of its messages this connection has not answered yet. */
  unanswered = 0;
  /** The codes of its messages that were refused. */
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
      this.comeBack();
    });
    socket.on('connect_error', () => this.comeBack());
    socket.on('message:new', ({ message }) =>
      history.add({ kind: 'heard', connection: this.connection, userId, message }),
    );
  }

  /** Logs a talker in on another device and connects it. */
  static async of(talker: Talker, history: History, url: string): Promise<RawDevice> {
    const edge = new EdgeClient(url);
    await patiently(async () => {
      const account = { username: talker.name, password: EdgeClient.password };
      return (await edge.call('POST', '/auth/login', account)).status === 200;
    }, `${talker.name} logs in on another device`);
    const socket: Socket<ServerEvents, ClientEvents> = io(url, {
      forceNew: true,
      reconnectionDelay: RECONNECT_MS,
      reconnectionDelayMax: RECONNECT_MS,
      extraHeaders: { cookie: edge.cookie },
    });
    const device = new RawDevice(history, talker.id, `${talker.name}'s other device`, socket);
    await patiently(() => socket.connected, `${talker.name}'s other device connects`);
    return device;
  }

  /** How often it has connected. */
  get connects(): number {
    return this.connections;
  }

  /** Sends some messages at once, without waiting for any answer; none while it is not connected. */
  burst(chatId: string, messages: number): void {
    if (!this.socket.connected) return;
    const { connection } = this;
    for (let i = 0; i < messages; i++) {
      const clientMessageId = randomUUID();
      const text = `message ${++this.count} of ${this.name}`;
      this.history.add({ kind: 'send-begun', userId: this.userId, chatId, clientMessageId, text });
      this.history.add({ kind: 'sent-unawaited', connection, chatId, clientMessageId });
      this.unanswered++;
      this.socket.emit('message:send', { chatId, clientMessageId, text }, (answer) => {
        if (connection === this.connection) this.unanswered--;
        if (answer.ok)
          this.history.add({ kind: 'acknowledged', userId: this.userId, message: answer.message });
        else this.refusals.add(answer.error.code);
      });
    }
  }

  /** Disconnects for good. */
  stop(): void {
    this.stopped = true;
    this.socket.disconnect();
  }

  /** Socket.IO gives up by itself when the server ended the connection or refused it. */
  private comeBack(): void {
    setTimeout(() => {
      if (!this.stopped && !this.socket.active) this.socket.connect();
    }, RECONNECT_MS);
  }
}
