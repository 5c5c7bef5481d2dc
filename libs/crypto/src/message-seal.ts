import type { KeyObject } from 'node:crypto';
import {
  assertWellFormed,
  FORMAT_VERSION,
  NONCE_BYTES,
  OpenError,
  openText,
  PURPOSE,
  seal,
  TAG_BYTES,
} from './aead.js';

const HEADER = Uint8Array.of(FORMAT_VERSION);
const ID_BYTES = 16;
const TWO_32 = 2 ** 32;

/** The offsets of the parts of the context: version, purpose, four ids, seq, sent time. */
const AT = {
  chatId: 2,
  messageId: 18,
  senderId: 34,
  clientMessageId: 50,
  seq: 66,
  sentAt: 74,
  end: 82,
} as const;

/**
 * What the bound context ends with for a message that has it, in this order: a byte that names it, then its bytes. A
 * message that has none of it is bound as every message was before there was any of it.
 */
const REPLY_TO = 1;
const EXPIRES_AT = 2;
const EDITED_AT = 3;
const MOST_BYTES = AT.end + 1 + ID_BYTES + 1 + 8 + 1 + 8;

/**
 * How many seals one message key may make.
 *
 * Nonces are random and have 96 bits. Among q nonces, two are equal with a probability of about q^2 / 2 / 2^96
 * (birthday bound), and one equal pair reveals the difference of both texts and the authentication key. NIST SP 800-38D
 * requires a probability of at most 2^-32 (section 8) and at most 2^32 encryptions with random nonces (section 8.3). At
 * q = 2^32 the probability is 2^64 / 2 / 2^96 = 2^-33. A text has at most 16,000 bytes, 1,000 blocks: 2^42 blocks in
 * all, far below the 2^64 at which AES blocks begin to repeat. At 20 messages a second without a pause, a chat reaches
 * the limit after 6.8 years; each chat has its own key.
 */
export const MAX_SEALS_PER_KEY = TWO_32;

/** Thrown when a key has sealed as many messages as it may. */
export class SealLimitError extends Error {
  override readonly name = 'SealLimitError';

  constructor() {
    super('this key has sealed as many messages as it may');
  }
}

/**
 * Checks the limit of a key. Call it before each seal; a seal whose transaction is rolled back also counts.
 * @param sealsMade the number of messages that the key has sealed
 * @throws {SealLimitError} at 2^32
 */
export function assertSealAllowed(sealsMade: number): void {
  if (!(sealsMade < MAX_SEALS_PER_KEY)) throw new SealLimitError();
}

/** The context that a sealed message is bound to: with any other context it does not open. */
export interface MessageContext {
  /** 16 bytes, like every id here. */
  readonly chatId: Uint8Array;
  readonly messageId: Uint8Array;
  readonly senderId: Uint8Array;
  readonly clientMessageId: Uint8Array;
  /** The number of the message in its chat. */
  readonly seq: number;
  /** Milliseconds since 1970, as every time here. */
  readonly sentAt: number;
  /** The id of the message that it answers. */
  readonly replyTo?: Uint8Array | null;
  readonly expiresAt?: number | null;
  readonly editedAt?: number | null;
}

/** The parts of a sealed message. */
export interface SealedParts {
  readonly version: number;
  readonly nonce: Uint8Array;
  /** The ciphertext, as long as the text in UTF-8. */
  readonly sealed: Uint8Array;
  readonly tag: Uint8Array;
}

/** One buffer for every context: sealing and opening are synchronous, and OpenSSL has read it when they return. */
const boundContext = Buffer.alloc(MOST_BYTES);
boundContext.writeUInt8(FORMAT_VERSION, 0);
boundContext.writeUInt8(PURPOSE.message, 1);
const plainContext = boundContext.subarray(0, AT.end);

/** Returns the bound context, or undefined where the values do not fit its fixed widths. */
function bind(context: MessageContext): Buffer | undefined {
  const { chatId, messageId, senderId, clientMessageId, seq, sentAt } = context;
  const ids = chatId.length === ID_BYTES && messageId.length === ID_BYTES;
  if (!ids || senderId.length !== ID_BYTES || clientMessageId.length !== ID_BYTES) return undefined;
  if (!isUnsigned(seq) || !isUnsigned(sentAt)) return undefined;
  boundContext.set(chatId, AT.chatId);
  boundContext.set(messageId, AT.messageId);
  boundContext.set(senderId, AT.senderId);
  boundContext.set(clientMessageId, AT.clientMessageId);
  // 64-bit integers in halves: BigInt would cost an allocation for each.
  writeUint64(seq, AT.seq);
  writeUint64(sentAt, AT.sentAt);
  const { replyTo, expiresAt, editedAt } = context;
  if (replyTo == null && expiresAt == null && editedAt == null) return plainContext;
  if (replyTo != null && replyTo.length !== ID_BYTES) return undefined;
  let end: number = AT.end;
  if (replyTo != null) {
    boundContext.writeUInt8(REPLY_TO, end);
    boundContext.set(replyTo, end + 1);
    end += 1 + ID_BYTES;
  }
  for (const [name, time] of [
    [EXPIRES_AT, expiresAt],
    [EDITED_AT, editedAt],
  ] as const) {
    if (time == null) continue;
    if (!isUnsigned(time)) return undefined;
    boundContext.writeUInt8(name, end);
    writeUint64(time, end + 1);
    end += 9;
  }
  return boundContext.subarray(0, end);
}

function isUnsigned(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function writeUint64(value: number, at: number): void {
  boundContext.writeUInt32BE(Math.floor(value / TWO_32), at);
  boundContext.writeUInt32BE(value % TWO_32, at + 4);
}

/**
 * Seals a message's text. The caller counts the seals of the key (`assertSealAllowed`).
 * @param messageKey from `deriveMessageKey`
 * @param text without lone surrogates; any length
 * @returns version (1) | nonce (12) | ciphertext | tag (16)
 * @throws {RangeError} for an id that does not have 16 bytes, a number that is not an unsigned integer, or a lone
 * surrogate
 */
export function sealMessage(messageKey: KeyObject, context: MessageContext, text: string): Buffer {
  assertWellFormed(text);
  const bound = bind(context);
  if (!bound) throw new RangeError('the message context has a part of a wrong size');
  return seal(messageKey, HEADER, text, bound);
}

/**
 * Opens a message's text.
 * @param context the position and the fields of the row
 * @throws {OpenError} if anything has changed since it was sealed
 */
export function openMessage(messageKey: KeyObject, context: MessageContext, sealed: Uint8Array): string {
  const bound = sealed[0] === FORMAT_VERSION ? bind(context) : undefined;
  if (!bound) throw new OpenError();
  return openText(messageKey, HEADER.length, sealed, bound);
}

/**
 * Returns the parts of a sealed message for display, as views, not copies.
 * @throws {OpenError} if it is too short
 */
export function splitSealed(sealed: Uint8Array): SealedParts {
  const start = HEADER.length + NONCE_BYTES;
  const end = sealed.length - TAG_BYTES;
  const version = sealed[0];
  if (version === undefined || end < start) throw new OpenError();
  return {
    version,
    nonce: sealed.subarray(HEADER.length, start),
    sealed: sealed.subarray(start, end),
    tag: sealed.subarray(end),
  };
}
