import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type ServerOptions, type WebSocket } from 'ws';
import { TokenBucket } from '../../limits/token-bucket.js';

/** In how many fragments a message may come. Browsers send one; each further one costs memory of its own. */
const MAX_FRAGMENTS = 16;

/** In how many pieces a frame may arrive from the network: 64 KiB in packets of 128 bytes. */
const MAX_BUFFERED_CHUNKS = 512;

/** How long the other side may take to answer the closing handshake, in milliseconds. */
const CLOSE_TIMEOUT_MS = 2_000;

/** How many control frames a second a client may send, and how many at once. Browsers send none. */
const CONTROL_FRAMES_PER_SECOND = 5;
const CONTROL_FRAMES_AT_ONCE = 20;

/** How much may wait unread before a ping is answered by the end of the connection, in bytes. */
const MAX_UNREAD_BEFORE_PONG = 65_536;

/** The server of websockets that Engine.IO is given: it bounds what it keeps of a message that is not complete. */
export class BoundedWebSockets extends WebSocketServer {
  constructor(options: ServerOptions) {
    const bounds = {
      maxFragments: MAX_FRAGMENTS,
      maxBufferedChunks: MAX_BUFFERED_CHUNKS,
      closeTimeout: CLOSE_TIMEOUT_MS,
      autoPong: false,
    };
    super({ ...options, ...bounds });
  }

  /** Completes a handshake. */
  override handleUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    done: (websocket: WebSocket, request: IncomingMessage) => void,
  ): void {
    super.handleUpgrade(request, socket, head, (websocket: WebSocket) => {
      limitControlFrames(websocket);
      done(websocket, request);
    });
  }
}

/** Answers pings as long as they are few and their answers are read. */
function limitControlFrames(websocket: WebSocket): void {
  const bucket = new TokenBucket(CONTROL_FRAMES_PER_SECOND, CONTROL_FRAMES_AT_ONCE);
  const allowed = (): boolean => {
    if (bucket.take() === 0 && websocket.bufferedAmount < MAX_UNREAD_BEFORE_PONG) return true;
    websocket.terminate();
    return false;
  };
  websocket.on('ping', (data) => {
    if (allowed()) websocket.pong(data);
  });
  websocket.on('pong', allowed);
}
