import { randomFillSync } from 'node:crypto';

const pool = Buffer.alloc(4096);
let used = pool.length;

/**
 * Makes a message's id: a UUID of version 7 (RFC 9562, section 5.7) whose random part begins with the message's
 * seq as a 32-bit counter (section 6.2, method 1). So a message is found by its id through the index of its seq,
 * and no index of ids is kept.
 * @param seq the message's place in its chat, below 2^32
 * @param sentAt milliseconds since 1970
 * @returns 16 bytes
 */
export function messageId(seq: number, sentAt: number): Buffer {
  if (used + 16 > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const id = Buffer.allocUnsafe(16);
  pool.copy(id, 0, used, used + 16);
  used += 16;
  id.writeUIntBE(sentAt, 0, 6);
  id.writeUInt8(0x70 | (id.readUInt8(6) & 0x0f), 6);
  // The two variant bits, then the counter: 30 bits in bytes 8 to 11, its last 2 bits atop byte 12.
  id.writeUInt32BE((0x80000000 | (seq >>> 2)) >>> 0, 8);
  id.writeUInt8(((seq & 3) << 6) | (id.readUInt8(12) & 0x3f), 12);
  return id;
}

/** The seq that an id made by `messageId` carries; of any other id some number. */
export function seqOfMessageId(id: Uint8Array): number {
  const view = new DataView(id.buffer, id.byteOffset, id.byteLength);
  return (view.getUint32(8) & 0x3fffffff) * 4 + (view.getUint8(12) >>> 6);
}
