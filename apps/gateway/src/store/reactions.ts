import type { KeyObject } from 'node:crypto';
import type { Reaction } from '@app/contracts/edge';
import { bytesToUuid, OpenError, openReaction, sealReaction } from '@app/crypto';

const ID_BYTES = 16;

/** A stored reaction: whose it is, and the sealed emoji. */
interface SealedReaction {
  readonly userId: Buffer;
  readonly sealed: Buffer;
}

/** The message whose reactions they are. */
interface Bound {
  readonly chatId: Buffer;
  readonly messageId: Buffer;
  readonly messageKey: KeyObject;
}

/**
 * Splits a message's stored reactions, each of which is: user id (16) | length (1) | sealed emoji.
 * @throws {OpenError} when the bytes are not so
 */
function split(reactions: Buffer | null): SealedReaction[] {
  const found: SealedReaction[] = [];
  if (!reactions) return found;
  for (let at = 0; at < reactions.length;) {
    const start = at + ID_BYTES + 1;
    const end = start + (reactions[start - 1] ?? 0);
    if (start > reactions.length || end > reactions.length) throw new OpenError();
    found.push({ userId: reactions.subarray(at, start - 1), sealed: reactions.subarray(start, end) });
    at = end;
  }
  return found;
}

function join(reactions: readonly SealedReaction[]): Buffer | null {
  if (reactions.length === 0) return null;
  return Buffer.concat(
    reactions.flatMap(({ userId, sealed }) => [userId, Uint8Array.of(sealed.length), sealed]),
  );
}

/** Returns the users who reacted, as 16 bytes each; of damaged bytes, those before the damage are lost too. */
export function reactorsOf(reactions: Buffer | null): Buffer[] {
  try {
    return split(reactions).map(({ userId }) => userId);
  } catch (error) {
    if (!(error instanceof OpenError)) throw error;
    return [];
  }
}

/**
 * Opens the reactions of a message, in the order in which they came.
 * @throws {OpenError} when one does not open
 */
export function openReactions({ messageKey, ...ids }: Bound, reactions: Buffer | null): Reaction[] {
  return split(reactions).map(({ userId, sealed }) => ({
    userId: bytesToUuid(userId),
    emoji: openReaction(messageKey, { ...ids, userId }, sealed),
  }));
}

/** Returns the reactions with one more, in the place of the user's earlier one. It comes last. */
export function withReaction(
  { messageKey, ...ids }: Bound,
  reactions: Buffer | null,
  userId: Buffer,
  emoji: string,
): Buffer | null {
  const others = split(reactions).filter((one) => !one.userId.equals(userId));
  return join([...others, { userId, sealed: sealReaction(messageKey, { ...ids, userId }, emoji) }]);
}

/** Returns the reactions without those of a user. No key is needed. */
export function withoutReaction(reactions: Buffer | null, userId: Buffer): Buffer | null {
  return join(split(reactions).filter((one) => !one.userId.equals(userId)));
}
