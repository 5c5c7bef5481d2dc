import { io, type Socket } from 'socket.io-client';
import type { Member } from '../servers/server-under-load.js';

/** How many handshakes run at the same time while the sockets are opened. */
const CONCURRENCY = 50;

/** Sockets that are connected and do nothing. */
export class IdleSockets {
  private sockets: Socket[] = [];

  /** Opens sockets, evenly distributed over the members. */
  async open(url: string, members: readonly Member[], count: number): Promise<void> {
    while (this.sockets.length < count) {
      const more = Array.from({ length: Math.min(CONCURRENCY, count - this.sockets.length) }, (_, i) =>
        io(url, {
          transports: ['websocket'],
          extraHeaders: { cookie: members[(this.sockets.length + i) % members.length]?.cookie ?? '' },
          forceNew: true,
          reconnection: false,
          timeout: 60_000,
        }),
      );
      this.sockets.push(...more);
      await Promise.all(more.map(connected));
    }
  }

  /** Disconnects all and reconnects them at the same time. Resolves when the last one is connected. */
  async storm(): Promise<void> {
    for (const socket of this.sockets) socket.disconnect();
    const all = this.sockets.map(connected);
    for (const socket of this.sockets) socket.connect();
    await Promise.all(all);
  }

  /** Closes all. */
  release(): void {
    for (const socket of this.sockets) socket.disconnect();
    this.sockets = [];
  }
}

function connected(socket: Socket): Promise<void> {
  return new Promise((done, failed) => {
    socket.once('connect', done);
    socket.once('connect_error', failed);
  });
}
