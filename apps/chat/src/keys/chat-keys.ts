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
import { LruMap, validationFailed } from '@app/platform';
import { ChatStore, type ChatTransaction } from '../store/chat-store.js';

/** How many chats' derived keys are kept in memory. */
const DERIVED_LIMIT = 10_000;

/** What the gateway needs to seal and open a chat's messages. */
export interface MessageAccess {
  /** 32 bytes. */
  readonly messageKey: Buffer;
  /** The version of the master key that wraps the chat's key. */
  readonly keyVersion: number;
  /** The size of the wrapped key. */
  readonly wrappedBytes: number;
}

interface DerivedKeys {
  readonly messageKey: KeyObject;
  readonly nameKey: KeyObject;
}

/** Creates each chat's key, wraps it by the master key, finds, reveals and destroys it, and derives keys from it. */
@Injectable()
export class ChatKeys {
  private readonly derived = new LruMap<string, DerivedKeys>(DERIVED_LIMIT);

  constructor(
    private readonly masterKeys: MasterKeys,
    private readonly store: ChatStore,
  ) {}

  /**
   * Creates a chat's key and stores it wrapped, within the transaction that creates the chat.
   * @param name the chat's name, if it has one, sealed under the key and stored with it
   * @returns the key's text form
   */
  async create(transaction: ChatTransaction, chatId: string, name: string | null): Promise<string> {
    const chatKey = createChatKey();
    const masterKey = this.masterKeys.current;
    const id = uuidToBytes(chatId);
    await transaction.keys.insert({
      chatId,
      keyVersion: masterKey.version,
      lookup: lookupIndex(chatKey, masterKey),
      wrappedKey: wrapChatKey(chatKey, masterKey, id),
    });
    if (name !== null)
      await transaction.chats.setName(chatId, sealChatName(deriveNameKey(chatKey, id), id, name));
    return formatChatKey(chatKey);
  }

  /**
   * Finds the chat of a key, under each live version of the master key.
   * @param text the key's text form
   * @returns the chat's id, if there is one
   * @throws {ApiError} VALIDATION_FAILED on `key` for a mistyped one
   */
  async chatOf(text: string): Promise<string | undefined> {
    const chatKey = parse(text);
    return this.store.keys.findChat(
      this.masterKeys.versions.toReversed().map((masterKey) => lookupIndex(chatKey, masterKey)),
    );
  }

  /**
   * Returns the text form of a chat's key; the caller has checked that the user may see it.
   * @throws {OpenError} when the stored key does not open
   */
  async reveal(transaction: ChatTransaction, chatId: string): Promise<string> {
    const wrapped = await this.wrapped(transaction, chatId);
    return formatChatKey(unwrapChatKey(wrapped, this.masterKeys, uuidToBytes(chatId)));
  }

  /**
   * Returns a chat's message key; the caller has checked that the user is a member.
   * @param wrapped the chat's wrapped key, from the store
   * @throws {OpenError} when the stored key does not open
   */
  messageAccess(chatId: string, wrapped: Buffer): MessageAccess {
    return {
      messageKey: messageKeyToBytes(this.derive(chatId, wrapped).messageKey),
      keyVersion: wrappedKeyVersion(wrapped),
      wrappedBytes: wrapped.length,
    };
  }

  /** Seals a chat's name under its own key and stores it. */
  async setName(transaction: ChatTransaction, chatId: string, name: string): Promise<void> {
    const { nameKey } = this.derive(chatId, await this.wrapped(transaction, chatId));
    await transaction.chats.setName(chatId, sealChatName(nameKey, uuidToBytes(chatId), name));
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

  /** Destroys a chat's key within a transaction; `evict` follows the commit. */
  destroy(transaction: ChatTransaction, chatId: string): Promise<void> {
    return transaction.keys.delete(chatId);
  }

  /** Evicts the keys that were derived from a destroyed key. */
  evict(chatId: string): void {
    this.derived.delete(chatId);
  }

  private async wrapped(transaction: ChatTransaction, chatId: string): Promise<Buffer> {
    const wrapped = await transaction.keys.findWrapped(chatId);
    if (!wrapped) throw new Error(`chat ${chatId} has no key`);
    return wrapped;
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
