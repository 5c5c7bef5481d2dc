import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { io, type Socket } from 'socket.io-client';
import { percentiles, type Percentiles } from '../generator/percentiles.js';
import type { Member } from '../servers/server-under-load.js';

const EVERY_MS = 100;
/** The limit of an answer, in milliseconds. Later ones count as answered at the limit. */
const ANSWER_LIMIT_MS = 30_000;
const IDLE_SOCKETS = 20;

/** The latencies of other users in a period. */
export interface Latencies {
  readonly ack: Percentiles;
  readonly http: Percentiles;
  /** The number of refused calls and messages. */
  readonly refused: number;
  readonly cut: number;
}

/** Two members who send and read messages, and some idle sockets. */
export class Bystanders {
  readonly #sockets: Socket[] = [];
  #cut = 0;

  private constructor(
    private readonly url: string,
    private readonly members: readonly Member[],
  ) {}

  /** Connects all sockets. */
  static async connected(url: string, members: readonly Member[]): Promise<Bystanders> {
    const bystanders = new Bystanders(url, members);
    for (let i = 0; i < members.length + IDLE_SOCKETS; i++) {
      const { cookie } = members[i % members.length] as Member;
      const socket = io(url, { transports: ['websocket'], forceNew: true, extraHeaders: { cookie } });
      await new Promise<void>((done, failed) => {
        socket.once('connect', done);
        socket.once('connect_error', failed);
      });
      socket.on('disconnect', () => bystanders.#cut++);
      bystanders.#sockets.push(socket);
    }
    return bystanders;
  }

  /** Sends and reads at a fixed interval, and measures. @param over ends the measurement when it resolves */
  async measure(over: Promise<unknown>): Promise<Latencies> {
    const acks: Promise<number>[] = [];
    const reads: Promise<number>[] = [];
    const cutBefore = this.#cut;
    let refused = 0;
    const took = async (call: Promise<boolean>): Promise<number> => {
      const began = performance.now();
      const fine = await Promise.race([
        call.catch(() => false),
        wait(ANSWER_LIMIT_MS, false, { ref: false }),
      ]);
      if (!fine) refused++;
      return performance.now() - began;
    };
    const end = new AbortController();
    void over.then(() => end.abort());
    while (!end.signal.aborted) {
      for (const [i, member] of this.members.entries()) acks.push(took(this.#send(i, member)));
      reads.push(took(this.#read()));
      await wait(EVERY_MS);
    }
    return {
      ack: percentiles(await Promise.all(acks)),
      http: percentiles(await Promise.all(reads)),
      refused,
      cut: this.#cut - cutBefore,
    };
  }

  /** Disconnects all sockets. */
  stop(): void {
    for (const socket of this.#sockets) socket.disconnect();
  }

  async #send(i: number, { chatId }: Member): Promise<boolean> {
    const message = { chatId, clientMessageId: randomUUID(), text: 'hello' };
    const socket = this.#sockets[i] as Socket;
    const answer = (await socket.timeout(ANSWER_LIMIT_MS).emitWithAck('message:send', message)) as {
      ok: boolean;
    };
    return answer.ok;
  }

  async #read(): Promise<boolean> {
    const { cookie, chatId } = this.members[0] as Member;
    const response = await fetch(`${this.url}/api/v1/chats/${chatId}/messages?limit=5`, {
      headers: { cookie },
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    });
    await response.arrayBuffer();
    return response.ok;
  }
}
