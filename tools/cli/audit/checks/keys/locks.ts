import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  deriveMessageKey,
  deriveNameKey,
  messageKeyFromBytes,
  openChatName,
  openMessage,
  parseChatKey,
  parseMasterKeys,
  unwrapChatKey,
  wrappedKeyVersion,
} from '@app/crypto';
import type { Canaries } from '../../canaries/canaries.js';
import { blob, idBytes, type DataFolder } from '../../data-folder.js';
import { storedMessages } from './stored-messages.js';

/** Something that a key opens. */
interface Lock {
  readonly what: string;
  /** A key that does open it. */
  readonly key?: Buffer;
  readonly open: (key: Buffer) => unknown;
}

/** Returns what a thief of the stores would try to open, by every way that a key is used. */
export function locksOf(folder: DataFolder, { chats: [chat] }: Canaries): Lock[] {
  if (!chat) throw new Error('there is no canary chat');
  const chatId = idBytes(chat.id);
  const [message] = storedMessages(folder, chat.id);
  const [keyRow] = folder.rows('chat', 'SELECT wrapped_key FROM chat_keys WHERE chat_id = ?', chat.id);
  const [chatRow] = folder.rows('chat', 'SELECT name_sealed FROM chats WHERE id = ?', chat.id);
  if (!message || !keyRow || !chatRow) throw new Error('the canary chat is not in the stores');
  const chatKey = parseChatKey(chat.key);
  const wrapped = blob(keyRow, 'wrapped_key');
  const version = wrappedKeyVersion(wrapped);
  const sealedName = blob(chatRow, 'name_sealed');
  const openWith = (key: KeyObject): string => openMessage(key, message.context, message.sealed);
  const locks: Lock[] = [
    {
      what: 'a message, as its message key',
      open: (key) => openWith(messageKeyFromBytes(key)),
    },
    {
      what: 'a message, as its chat key',
      open: (key) => openWith(deriveMessageKey(key, chatId)),
    },
    {
      what: 'a chat name, as its chat key',
      key: Buffer.from(chatKey),
      open: (key) => openChatName(deriveNameKey(key, chatId), chatId, sealedName),
    },
  ];
  const masterKey = masterKeyBytes(folder, version);
  if (masterKey)
    locks.push({
      what: 'a chat key, as the master key',
      key: masterKey,
      open: (key) => unwrapChatKey(wrapped, parseMasterKeys(`v${version}:${key.toString('base64')}`), chatId),
    });
  return locks;
}

/** Returns a version of the master key, where the file can be read. */
function masterKeyBytes(folder: DataFolder, version: number): Buffer | undefined {
  try {
    const text = readFileSync(folder.masterKeyFile, 'utf8');
    const [, base64] = new RegExp(`^v${version}:(\\S+)$`, 'm').exec(text) ?? [];
    return base64 === undefined ? undefined : Buffer.from(base64, 'base64');
  } catch {
    return undefined;
  }
}
