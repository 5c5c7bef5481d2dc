import { io, type Socket } from 'socket.io-client';
import type { Member } from '../servers/server-under-load.js';

/** How many handshakes are under way at the same time while the sockets are opened one after the other. */
const AT_ONCE = 50;

/** Sockets that only stay connected. */
export class IdleSockets {
  private sockets: Socket[] = [];

  /** Opens so many, spread over the members. */
  async open(url: string, members: readonly Member[], count: number): Promise<void> {
    while (this.sockets.length < count) {
      const more = Array.from({ length: Math.min(AT_ONCE, count - this.sockets.length) }, (_, i) =>
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

  /** Cuts all, then lets all connect again at the same moment; resolves when the last one has. */
  async storm(): Promise<void> {
    for (const socket of this.sockets) socket.disconnect();
    const all = this.sockets.map(connected);
    for (const socket of this.sockets) socket.connect();
    await Promise.all(all);
  }

  /** Ends them. */
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
