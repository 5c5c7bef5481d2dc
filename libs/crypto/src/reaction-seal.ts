import type { KeyObject } from 'node:crypto';
import { assertWellFormed, FORMAT_VERSION, OpenError, openText, PURPOSE, seal } from './aead.js';

const HEADER = Uint8Array.of(FORMAT_VERSION);
const ID_BYTES = 16;

/** What a sealed reaction is bound to: on another message, or as another member's, it does not open. */
export interface ReactionContext {
  /** 16 bytes, as every id here. */
  readonly chatId: Uint8Array;
  readonly messageId: Uint8Array;
  readonly userId: Uint8Array;
}

/** Returns the bound context, or undefined where an id has not 16 bytes. */
function bind({ chatId, messageId, userId }: ReactionContext): Buffer | undefined {
  if ([chatId, messageId, userId].some(({ length }) => length !== ID_BYTES)) return undefined;
  return Buffer.concat([Uint8Array.of(FORMAT_VERSION, PURPOSE.reaction), chatId, messageId, userId]);
}

/**
 * Seals the emoji of a reaction. It counts as a seal of the message key.
 * @param messageKey from `deriveMessageKey`
 * @returns version (1) | nonce (12) | ciphertext | tag (16)
 * @throws {RangeError} for an id that has not 16 bytes, or a lone surrogate
 */
export function sealReaction(messageKey: KeyObject, context: ReactionContext, emoji: string): Buffer {
  assertWellFormed(emoji);
  const bound = bind(context);
  if (!bound) throw new RangeError('the reaction context has an id of a wrong size');
  return seal(messageKey, HEADER, emoji, bound);
}

/**
 * Opens the emoji of a reaction.
 * @throws {OpenError} when anything is not as it was sealed
 */
export function openReaction(messageKey: KeyObject, context: ReactionContext, sealed: Uint8Array): string {
  const bound = sealed[0] === FORMAT_VERSION ? bind(context) : undefined;
  if (!bound) throw new OpenError();
  return openText(messageKey, HEADER.length, sealed, bound);
}
