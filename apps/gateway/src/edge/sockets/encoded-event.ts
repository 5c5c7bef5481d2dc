import type { Socket } from 'socket.io';

/** The packet types of Engine.IO (message) and Socket.IO (event) before the JSON of an event. */
const MESSAGE = '4';
const EVENT = '2';

/** The first byte of a WebSocket frame with a complete text message (FIN and opcode 1; RFC 6455, section 5.2). */
const FINAL_TEXT_FRAME = 0x81;

/**
 * An event that is encoded once for all sockets: as JSON for the first, and as a WebSocket frame too where a second
 * follows.
 */
export class EncodedEvent {
  private readonly text: string;
  private options: { compress: boolean; wsPreEncodedFrame?: Buffer[] } = { compress: false };
  private written = false;

  constructor(name: string, payload: object) {
    this.text = EVENT + JSON.stringify([name, payload]);
  }

  /** Writes the event to a socket, with the same bytes as `socket.emit`. */
  writeTo(socket: Pick<Socket, 'conn'>): void {
    if (this.written && this.options.wsPreEncodedFrame === undefined)
      this.options = { compress: false, wsPreEncodedFrame: [textFrame(MESSAGE + this.text)] };
    this.written = true;
    // Long polling ignores the frame and writes the text.
    socket.conn.write(this.text, this.options);
  }
}

function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const headerLength = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(headerLength + length);
  frame[0] = FINAL_TEXT_FRAME;
  if (headerLength === 2) frame[1] = length;
  else if (headerLength === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.write(text, headerLength);
  return frame;
}
