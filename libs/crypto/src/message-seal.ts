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

/** Where the bound context's parts begin: version, purpose, four ids, seq, sent time. */
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
 * How many seals one message key may make.
 *
 * Nonces are random, 96 bits. Two of q nonces are alike with a chance of about q^2 / 2 / 2^96 (birthday bound), and
 * one pair that is alike gives away both texts' difference and the authentication key. NIST SP 800-38D asks for a
 * chance of at most 2^-32 (section 8) and for at most 2^32 seals with random nonces (section 8.3). At q = 2^32
 * the chance is 2^64 / 2 / 2^96 = 2^-33. A text has at most 16,000 bytes, 1,000 blocks: 2^42 blocks in all, far
 * below the 2^64 at which AES blocks begin to repeat. At 20 messages a second day and night the limit lasts 6.8
 * years for one chat; each chat has a key of its own.
 */
export const MAX_SEALS_PER_KEY = TWO_32;

/** A key has made all the seals it may make. */
export class SealLimitError extends Error {
  override readonly name = 'SealLimitError';

  constructor() {
    super('this key has sealed as many messages as it may');
  }
}

/**
 * Refuses one seal too many; whoever keeps a key's count asks before each seal. A seal that is rolled back counts.
 * @param sealsMade how many seals the key has made
 * @throws {SealLimitError} at 2^32
 */
export function assertSealAllowed(sealsMade: number): void {
  if (!(sealsMade < MAX_SEALS_PER_KEY)) throw new SealLimitError();
}

/** What a sealed message is bound to: in any other place it does not open. */
export interface MessageContext {
  /** 16 bytes, as every id here. */
  readonly chatId: Uint8Array;
  readonly messageId: Uint8Array;
  readonly senderId: Uint8Array;
  readonly clientMessageId: Uint8Array;
  /** The place in its chat. */
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly sentAt: number;
}

/** The parts of a sealed message. */
export interface SealedParts {
  readonly version: number;
  readonly nonce: Uint8Array;
  /** The ciphertext alone, as long as the text's UTF-8. */
  readonly sealed: Uint8Array;
  readonly tag: Uint8Array;
}

/** One buffer for every context: sealing and opening are synchronous, and OpenSSL has read it when they return. */
const boundContext = Buffer.alloc(AT.end);
boundContext.writeUInt8(FORMAT_VERSION, 0);
boundContext.writeUInt8(PURPOSE.message, 1);

/** Fills the bound context, or says that the values do not fit its fixed width. */
function bind(context: MessageContext): boolean {
  const { chatId, messageId, senderId, clientMessageId, seq, sentAt } = context;
  const ids = chatId.length === ID_BYTES && messageId.length === ID_BYTES;
  if (!ids || senderId.length !== ID_BYTES || clientMessageId.length !== ID_BYTES) return false;
  if (!Number.isSafeInteger(seq) || !Number.isSafeInteger(sentAt) || seq < 0 || sentAt < 0) return false;
  boundContext.set(chatId, AT.chatId);
  boundContext.set(messageId, AT.messageId);
  boundContext.set(senderId, AT.senderId);
  boundContext.set(clientMessageId, AT.clientMessageId);
  // 64-bit integers in halves: BigInt would cost an allocation for each.
  boundContext.writeUInt32BE(Math.floor(seq / TWO_32), AT.seq);
  boundContext.writeUInt32BE(seq % TWO_32, AT.seq + 4);
  boundContext.writeUInt32BE(Math.floor(sentAt / TWO_32), AT.sentAt);
  boundContext.writeUInt32BE(sentAt % TWO_32, AT.sentAt + 4);
  return true;
}

/**
 * Seals a message's text. The caller keeps the key's count (`assertSealAllowed`).
 * @param messageKey from `deriveMessageKey`
 * @param text without lone surrogates; any length
 * @returns version (1) | nonce (12) | ciphertext | tag (16)
 * @throws {RangeError} for an id that has not 16 bytes, a number that is no unsigned integer, a lone surrogate
 */
export function sealMessage(messageKey: KeyObject, context: MessageContext, text: string): Buffer {
  assertWellFormed(text);
  if (!bind(context)) throw new RangeError('the message context has a part of a wrong size');
  return seal(messageKey, HEADER, text, boundContext);
}

/**
 * Opens a message's text.
 * @param context where the row stands and what it says of itself
 * @throws {OpenError} when anything is not as it was sealed
 */
export function openMessage(messageKey: KeyObject, context: MessageContext, sealed: Uint8Array): string {
  if (sealed[0] !== FORMAT_VERSION || !bind(context)) throw new OpenError();
  return openText(messageKey, HEADER.length, sealed, boundContext);
}

/**
 * The parts of a sealed message, to be shown; views, not copies.
 * @throws {OpenError} when it is too short to be one
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
