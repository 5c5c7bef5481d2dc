import { deriveMessageKey, deriveNameKey, formatChatKey, messageKeyToBytes, uuidToBytes } from '@app/crypto';
import { formsOfBytes, formsOfText, type Needle } from '../scanner.js';

/** Returns a chat key, its text form and the keys derived from it, in every form. */
export function keyForms(chatKey: Uint8Array, chatId: string): Needle[] {
  const id = uuidToBytes(chatId);
  return [
    ...formsOfBytes('chat key', chatKey),
    ...formsOfText('chat key', formatChatKey(chatKey)),
    ...formsOfBytes('message key', messageKeyToBytes(deriveMessageKey(chatKey, id))),
    ...formsOfBytes('name key', deriveNameKey(chatKey, id).export()),
  ];
}
