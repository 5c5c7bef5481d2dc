import { ApiError } from '@app/client';
import { type Chat, findChatKey } from '@app/contracts/edge';
import { failureWords } from '../wording/failure-words';
import type { Messenger } from './messenger';
import { JOIN_WORDS } from './words';

/** The result of an attempt to join. */
export type JoinOutcome =
  | { readonly kind: 'joined'; readonly chat: Chat }
  | { readonly kind: 'already-in'; readonly chat: Chat }
  | { readonly kind: 'refused'; readonly message: string };

/** The texts of errors that have a specific meaning here; the others have the same text as everywhere. */
const REFUSALS: Partial<Record<ApiError['code'], string>> = {
  VALIDATION_FAILED: JOIN_WORDS.mistyped,
  CHAT_NOT_FOUND: JOIN_WORDS.unknown,
  CHAT_FULL: JOIN_WORDS.full,
};

/**
 * Joins a chat. Only a whole key leaves the device.
 * @param text the typed or pasted text, with one key in it
 * @returns never rejects: an error is returned as a text for the user
 */
export async function joinByKey(messenger: Messenger, text: string): Promise<JoinOutcome> {
  const found = findChatKey(text);
  if (found.kind !== 'one')
    return { kind: 'refused', message: found.kind === 'none' ? JOIN_WORDS.mistyped : JOIN_WORDS.several };
  try {
    const known = new Set((await messenger.client.api.chats()).map(({ id }) => id));
    const chat = await messenger.client.joinChat(found.key);
    return { kind: known.has(chat.id) ? 'already-in' : 'joined', chat };
  } catch (error) {
    const refusal = error instanceof ApiError ? REFUSALS[error.code] : undefined;
    return { kind: 'refused', message: refusal ?? failureWords(error) };
  }
}
