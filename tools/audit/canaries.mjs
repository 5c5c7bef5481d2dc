// Canary chats: two accounts, several interleaved chats, and all the secrets that came of them.
import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { EdgeUser } from './edge.mjs';
import { formsOfBytes, formsOfText } from './scanner.mjs';

/** @typedef {typeof import('../../libs/crypto/src/index.js')} CryptoLibrary */
/** @typedef {{ id: string, name: string, key: string, texts: string[], messageIds: string[] }} CanaryChat */
/** @typedef {import('./scanner.mjs').Needle} Needle */

const LETTERS = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789');
const WIDE_LETTERS = Array.from('äöüßéèñçøåжщяюλωπβ日本語漢字文書😀🎈🐳🌲⚡');

/** @param {readonly string[]} alphabet @param {number} length */
const randomText = (alphabet, length) =>
  Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');

/** A text that nobody else writes: every piece of it is random. */
const canaryText = () => `${randomText(LETTERS, 32)}${randomText(WIDE_LETTERS, 16)}`;

/** What was planted. */
export class Canaries {
  /** @type {EdgeUser[]} */
  users = [];
  /** @type {CanaryChat[]} */
  chats = [];
  /** Every token that a session of theirs had. @type {string[]} */
  tokens = [];
  /** @type {string[]} */
  passwords = [];
  /** The ids of the accounts. @type {string[]} */
  ids = [];
  /** Those that were erased. @type {CanaryChat[]} */
  gone = [];

  /** @param {string} url @param {CryptoLibrary} library */
  constructor(url, library) {
    this.url = url;
    this.library = library;
  }

  /**
   * Makes accounts and chats, and lets both members write into all of them by turns.
   * @param {{ chats: number, rounds: number }} size
   */
  async plant({ chats, rounds }) {
    for (let i = 0; i < 2; i += 1) {
      const user = new EdgeUser(this.url, `audit-${randomUUID().slice(0, 13)}`, canaryText());
      this.passwords.push(user.password);
      this.ids.push(await user.signUp());
      this.users.push(user);
      this.tokens.push(user.token);
    }
    const [first, second] = this.both();
    const newPassword = canaryText();
    this.passwords.push(newPassword);
    await second.changePassword(newPassword);
    this.tokens.push(second.token);
    await first.expect('POST', '/auth/login', { username: first.username, password: first.password });
    this.tokens.push(first.token);
    for (let i = 0; i < chats; i += 1) {
      const name = canaryText();
      const { chat, key } = await first.expect('POST', '/chats', { name });
      this.chats.push({ id: chat.id, name, key, texts: [], messageIds: [] });
      await second.expect('POST', '/chats/join', { key });
    }
    await second.expect('GET', `/chats/${this.chats[0]?.id}/key`);
    for (let round = 0; round < rounds; round += 1) await this.writeOnce();
  }

  /** A message into each chat, by turns. */
  async writeOnce() {
    for (const chat of this.chats) {
      const user = this.both()[chat.texts.length % 2];
      const text = canaryText();
      chat.texts.push(text);
      const { message } = await /** @type {EdgeUser} */ (user).expect('POST', `/chats/${chat.id}/messages`, {
        clientMessageId: randomUUID(),
        text,
      });
      chat.messageIds.push(message.id);
    }
  }

  /**
   * Erases a chat of both; it counts as gone even when the answer was no receipt.
   * @param {CanaryChat} chat
   */
  async erase(chat) {
    this.chats = this.chats.filter((other) => other !== chat);
    this.gone.push(chat);
    return this.both()[0].expect('DELETE', `/chats/${chat.id}`);
  }

  /**
   * Deletes the accounts, whereupon what is left of the chats is erased too.
   * @param {number} [tries]
   * @returns {Promise<string[]>} the names of those that are still there
   */
  async leave(tries = 3) {
    /** @type {string[]} */
    const left = [];
    for (const user of this.users) {
      let status = 0;
      for (let tried = 0; tried < tries && status !== 204; tried += 1) {
        if (tried > 0) await pause(1_000);
        const attempt = user.call('DELETE', '/auth/account', { password: user.password });
        ({ status } = await attempt.catch(() => ({ status: 0 })));
      }
      if (status !== 204) left.push(user.username);
    }
    this.users = [];
    this.gone.push(...this.chats);
    this.chats = [];
    return left;
  }

  /** @returns {[EdgeUser, EdgeUser]} */
  both() {
    const [first, second] = this.users;
    if (!first || !second) throw new Error('the canary accounts are not there');
    return [first, second];
  }

  /** Tells the line of the services' log that says the last account has been deleted. @returns {(line: string) => boolean} */
  lastLine() {
    const id = this.ids.at(-1);
    return (line) => line.includes('"account-deleted"') && line.includes(`"${id}"`);
  }

  /** Message texts in every form. @returns {Needle[]} */
  textNeedles() {
    return [...this.chats, ...this.gone].flatMap((chat) =>
      chat.texts.flatMap((text) => formsOfText('message text', text)),
    );
  }

  /** Chat names in every form. @returns {Needle[]} */
  nameNeedles() {
    return [...this.chats, ...this.gone].flatMap(({ name }) => formsOfText('chat name', name));
  }

  /** @returns {Needle[]} */
  passwordNeedles() {
    return this.passwords.flatMap((password) => formsOfText('password', password));
  }

  /** @returns {Needle[]} */
  tokenNeedles() {
    return this.tokens.flatMap((token) => [
      ...formsOfText('session token', token),
      ...formsOfBytes('session token', Buffer.from(token, 'base64url')),
    ]);
  }

  /** Chat keys and what is derived of them. @returns {Needle[]} */
  keyNeedles() {
    return [...this.chats, ...this.gone].flatMap(({ id, key }) =>
      keyForms(this.library, this.library.parseChatKey(key), id),
    );
  }
}

/**
 * A chat key, its text form and the keys derived from it, in every form.
 * @param {CryptoLibrary} library @param {Uint8Array} chatKey @param {string} chatId
 * @returns {Needle[]}
 */
export function keyForms(library, chatKey, chatId) {
  const id = library.uuidToBytes(chatId);
  return [
    ...formsOfBytes('chat key', chatKey),
    ...formsOfText('chat key', library.formatChatKey(chatKey)),
    ...formsOfBytes('message key', library.messageKeyToBytes(library.deriveMessageKey(chatKey, id))),
    ...formsOfBytes('name key', library.deriveNameKey(chatKey, id).export()),
  ];
}
