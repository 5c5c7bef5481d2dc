import type { Server } from 'socket.io';
import type { UserSocket } from './user-socket.js';

/** What is written to a stream between the two calls leaves in one system call. */
interface Corkable {
  cork(): void;
  uncork(): void;
}

/**
 * Has the packets that Engine.IO sends to a websocket together leave in one system call; by itself each takes one of
 * its own, which under load is a quarter of the gateway's time. A packet that goes alone does not wait.
 */
export function writeJointly(engine: Server['engine']): void {
  engine.on('flush', ({ transport }: UserSocket['conn'], packets: readonly unknown[]) => {
    if (packets.length < 2) return;
    // Engine.IO types no websocket, ws no stream; long polling has neither.
    const websocket = Reflect.get(transport, 'socket') as object | undefined;
    const stream = websocket && (Reflect.get(websocket, '_socket') as Corkable | null);
    if (!stream) return;
    stream.cork();
    process.nextTick(() => stream.uncork());
  });
}
