import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type ServerOptions, type WebSocket } from 'ws';
import { TokenBucket } from '../../limits/token-bucket.js';

/** How many fragments a message may have. Browsers send one, and each fragment costs memory. */
const MAX_FRAGMENTS = 16;

/** How many network reads a frame may take: 64 KiB in reads of 128 bytes. */
const MAX_BUFFERED_CHUNKS = 512;

/** How long a client may take to answer the closing handshake, in milliseconds. */
const CLOSE_TIMEOUT_MS = 2_000;

/** The token bucket of a client's control frames: tokens a second, and its capacity. Browsers send no control frames. */
const CONTROL_FRAMES_PER_SECOND = 5;
const CONTROL_FRAMES_BURST = 20;

/** How many unread bytes a client that sends pings may leave, before its connection is closed. */
const MAX_UNREAD_BEFORE_PONG = 65_536;

/** Engine.IO's WebSocket server with limits on incomplete messages and on control frames. */
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

  /** Completes a handshake, and limits the control frames of the new WebSocket. */
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

/** Answers pings. Closes the connection of a client that sends too many, or does not read the answers. */
function limitControlFrames(websocket: WebSocket): void {
  const bucket = new TokenBucket(CONTROL_FRAMES_PER_SECOND, CONTROL_FRAMES_BURST);
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
