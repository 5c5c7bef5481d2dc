import type { KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import {
  ChatKeyFormatError,
  createChatKey,
  deriveMessageKey,
  deriveNameKey,
  formatChatKey,
  lookupIndex,
  MasterKeys,
  messageKeyToBytes,
  openChatName,
  parseChatKey,
  sealChatName,
  unwrapChatKey,
  uuidToBytes,
  wrapChatKey,
  wrappedKeyVersion,
} from '@app/crypto';
import { LruMap, sqliteHandle, validationFailed } from '@app/platform';
import { DataSource } from 'typeorm';

/** How many chats' derived keys are kept in memory. */
const DERIVED_LIMIT = 10_000;

/** What the gateway needs to seal and open a chat's messages. */
export interface MessageAccess {
  /** 32 bytes. */
  readonly messageKey: Buffer;
  /** The version of the master key that wraps the chat's key. */
  readonly keyVersion: number;
  /** How many bytes the wrapped key has. */
  readonly wrappedBytes: number;
}

interface DerivedKeys {
  readonly messageKey: KeyObject;
  readonly nameKey: KeyObject;
}

/** Each chat's key: made, wrapped by the master key, found, revealed, derived from and destroyed. */
@Injectable()
export class ChatKeys {
  private readonly derived = new LruMap<string, DerivedKeys>(DERIVED_LIMIT);
  private readonly statements;

  constructor(
    private readonly masterKeys: MasterKeys,
    dataSource: DataSource,
  ) {
    const handle = sqliteHandle(dataSource);
    this.statements = {
      store: handle.prepare<[string, number, Buffer, Buffer]>(
        'INSERT INTO chat_keys (chat_id, key_version, lookup, wrapped_key) VALUES (?, ?, ?, ?)',
      ),
      wrapped: handle.prepare<[string], { wrapped_key: Buffer }>(
        'SELECT wrapped_key FROM chat_keys WHERE chat_id = ?',
      ),
      find: handle.prepare<[Buffer], { chat_id: string }>('SELECT chat_id FROM chat_keys WHERE lookup = ?'),
      destroy: handle.prepare<[string]>('DELETE FROM chat_keys WHERE chat_id = ?'),
    };
  }

  /**
   * Makes a chat's key and stores it wrapped, within the transaction that makes the chat.
   * @returns its text form
   */
  create(chatId: string): string {
    const chatKey = createChatKey();
    const masterKey = this.masterKeys.current;
    this.statements.store.run(
      chatId,
      masterKey.version,
      lookupIndex(chatKey, masterKey),
      wrapChatKey(chatKey, masterKey, uuidToBytes(chatId)),
    );
    return formatChatKey(chatKey);
  }

  /**
   * Finds the chat of a key, under each live version of the master key.
   * @param text the key's text form
   * @returns the chat's id, if there is one
   * @throws {Refusal} VALIDATION_FAILED on `key` for a mistyped one
   */
  chatOf(text: string): string | undefined {
    const chatKey = parse(text);
    for (const masterKey of this.masterKeys.versions.toReversed()) {
      const found = this.statements.find.get(lookupIndex(chatKey, masterKey));
      if (found) return found.chat_id;
    }
    return undefined;
  }

  /**
   * The text form of a chat's key; the caller has checked that it may be told.
   * @throws {OpenError} when the stored key does not open
   */
  reveal(chatId: string): string {
    return formatChatKey(unwrapChatKey(this.wrapped(chatId), this.masterKeys, uuidToBytes(chatId)));
  }

  /**
   * A chat's message key; the caller has checked that it may be told.
   * @throws {OpenError} when the stored key does not open
   */
  messageAccess(chatId: string): MessageAccess {
    const wrapped = this.wrapped(chatId);
    return {
      messageKey: messageKeyToBytes(this.derive(chatId, wrapped).messageKey),
      keyVersion: wrappedKeyVersion(wrapped),
      wrappedBytes: wrapped.length,
    };
  }

  /** Seals a chat's name under its own key. */
  sealName(chatId: string, name: string): Buffer {
    return sealChatName(this.derive(chatId, this.wrapped(chatId)).nameKey, uuidToBytes(chatId), name);
  }

  /**
   * Opens a chat's name.
   * @param sealed from the chat's row
   * @param wrapped the chat's wrapped key, read with the row
   * @throws {OpenError} when either is not as it was stored
   */
  openName(chatId: string, sealed: Buffer, wrapped: Buffer): string {
    return openChatName(this.derive(chatId, wrapped).nameKey, uuidToBytes(chatId), sealed);
  }

  /** Destroys a chat's key within a transaction; no other call may ask for it afterwards. */
  destroy(chatId: string): void {
    this.statements.destroy.run(chatId);
    this.derived.delete(chatId);
  }

  private wrapped(chatId: string): Buffer {
    const row = this.statements.wrapped.get(chatId);
    if (!row) throw new Error(`chat ${chatId} has no key`);
    return row.wrapped_key;
  }

  private derive(chatId: string, wrapped: Buffer): DerivedKeys {
    const known = this.derived.get(chatId);
    if (known) return known;
    const id = uuidToBytes(chatId);
    const chatKey = unwrapChatKey(wrapped, this.masterKeys, id);
    const derived = { messageKey: deriveMessageKey(chatKey, id), nameKey: deriveNameKey(chatKey, id) };
    this.derived.set(chatId, derived);
    return derived;
  }
}

function parse(text: string): Buffer {
  try {
    return parseChatKey(text);
  } catch (error) {
    if (!(error instanceof ChatKeyFormatError)) throw error;
    throw validationFailed([
      { field: 'key', message: 'is not a chat key: check it for missing or changed characters' },
    ]);
  }
}
