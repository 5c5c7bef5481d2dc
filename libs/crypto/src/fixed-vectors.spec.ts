import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  deriveMessageKey,
  deriveNameKey,
  formatChatKey,
  lookupIndex,
  messageKeyFromBytes,
  messageKeyToBytes,
  openChatName,
  openMessage,
  parseChatKey,
  parseMasterKeys,
  splitSealed,
  unwrapChatKey,
  uuidToBytes,
  wrappedKeyVersion,
} from './index.js';

const fixed = JSON.parse(readFileSync(new URL('vectors/formats-v1.json', import.meta.url), 'utf8')) as {
  masterKey: { line: string; version: number; wrappingKey: string; lookupKey: string; check: string };
  chatKey: { bytes: string; text: string; firstText: string };
  chatId: string;
  wrapped: string;
  lookupIndex: string;
  messageKey: string;
  nameKey: string;
  message: {
    messageId: string;
    senderId: string;
    clientMessageId: string;
    seq: number;
    sentAt: number;
    text: string;
    sealed: string;
  };
  name: { text: string; sealed: string };
};

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const chatKey = hex(fixed.chatKey.bytes);
const chatId = uuidToBytes(fixed.chatId);

describe('what was stored by version 1 of every format', () => {
  it('the master key file gives the same sub-keys', () => {
    const { current } = parseMasterKeys(fixed.masterKey.line);

    expect(current.version).toBe(fixed.masterKey.version);
    expect(current.wrappingKey.export().toString('hex')).toBe(fixed.masterKey.wrappingKey);
    expect(current.lookupKey.export().toString('hex')).toBe(fixed.masterKey.lookupKey);
    expect(current.check.toString('hex')).toBe(fixed.masterKey.check);
  });

  it('a chat key has the same text form, and is read in the first one too', () => {
    expect(formatChatKey(chatKey)).toBe(fixed.chatKey.text);
    expect(parseChatKey(fixed.chatKey.text)).toEqual(chatKey);
    expect(parseChatKey(fixed.chatKey.firstText)).toEqual(chatKey);
  });

  it('a wrapped chat key unwraps and is found by the same index', () => {
    const masterKeys = parseMasterKeys(fixed.masterKey.line);

    expect(wrappedKeyVersion(hex(fixed.wrapped))).toBe(fixed.masterKey.version);
    expect(unwrapChatKey(hex(fixed.wrapped), masterKeys, chatId)).toEqual(chatKey);
    expect(lookupIndex(chatKey, masterKeys.current).toString('hex')).toBe(fixed.lookupIndex);
  });

  it('a chat key gives the same message key and name key', () => {
    expect(messageKeyToBytes(deriveMessageKey(chatKey, chatId)).toString('hex')).toBe(fixed.messageKey);
    expect(deriveNameKey(chatKey, chatId).export().toString('hex')).toBe(fixed.nameKey);
  });

  it('a sealed message opens and splits', () => {
    const { messageId, senderId, clientMessageId, seq, sentAt, text } = fixed.message;
    const sealed = hex(fixed.message.sealed);
    const context = {
      chatId,
      messageId: uuidToBytes(messageId),
      senderId: uuidToBytes(senderId),
      clientMessageId: uuidToBytes(clientMessageId),
      seq,
      sentAt,
    };

    expect(openMessage(messageKeyFromBytes(hex(fixed.messageKey)), context, sealed)).toBe(text);
    const parts = splitSealed(sealed);
    expect(parts.version).toBe(1);
    expect(parts.sealed.length).toBe(Buffer.byteLength(text));
    expect(Buffer.concat([Uint8Array.of(parts.version), parts.nonce, parts.sealed, parts.tag])).toEqual(
      sealed,
    );
  });

  it('a sealed chat name opens', () => {
    expect(openChatName(deriveNameKey(chatKey, chatId), chatId, hex(fixed.name.sealed))).toBe(
      fixed.name.text,
    );
  });
});
