import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { parseChatKey } from '@app/crypto';
import { formsOfBytes, formsOfText, type Needle } from '../scanner.js';
import { EdgeUser } from './edge-user.js';
import { keyForms } from './key-forms.js';

/** A chat of the audit. */
export interface CanaryChat {
  readonly id: string;
  readonly name: string;
  readonly key: string;
  readonly texts: string[];
  readonly messageIds: string[];
}

/** What a deletion of a chat answers. */
interface Deletion {
  readonly receipt?: { readonly messagesErased: number };
}

const LETTERS = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789');
const WIDE_LETTERS = Array.from('äöüßéèñçøåжщяюλωπβ日本語漢字文書😀🎈🐳🌲⚡');

const randomText = (alphabet: readonly string[], length: number): string =>
  Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');

/** Makes a text that nobody else writes: every piece of it is random. */
const canaryText = (): string => `${randomText(LETTERS, 32)}${randomText(WIDE_LETTERS, 16)}`;

/** Canary chats: two accounts, several interleaved chats, and all the secrets that came of them. */
export class Canaries {
  chats: CanaryChat[] = [];
  private users: EdgeUser[] = [];
  /** Every token that a session of theirs had. */
  private readonly tokens: string[] = [];
  private readonly passwords: string[] = [];
  /** The ids of the accounts. */
  private readonly ids: string[] = [];
  /** Those that were erased. */
  private readonly gone: CanaryChat[] = [];

  constructor(private readonly url: string) {}

  /** Makes accounts and chats, and lets both members write into all of them by turns. */
  async plant({ chats, rounds }: { chats: number; rounds: number }): Promise<void> {
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
      const { chat, key } = await first.expect<{ chat: { id: string }; key: string }>('POST', '/chats', {
        name,
      });
      this.chats.push({ id: chat.id, name, key, texts: [], messageIds: [] });
      await second.expect('POST', '/chats/join', { key });
    }
    await second.expect('GET', `/chats/${this.chats[0]?.id}/key`);
    for (let round = 0; round < rounds; round += 1) await this.writeOnce();
  }

  /** Sends a message into each chat, by turns. */
  async writeOnce(): Promise<void> {
    for (const chat of this.chats) {
      const [first, second] = this.both();
      const user = chat.texts.length % 2 === 0 ? first : second;
      const text = canaryText();
      chat.texts.push(text);
      const { message } = await user.expect<{ message: { id: string } }>(
        'POST',
        `/chats/${chat.id}/messages`,
        {
          clientMessageId: randomUUID(),
          text,
        },
      );
      chat.messageIds.push(message.id);
    }
  }

  /** Erases a chat of both; it counts as gone even when the answer was no receipt. */
  async erase(chat: CanaryChat): Promise<Deletion> {
    this.chats = this.chats.filter((other) => other !== chat);
    this.gone.push(chat);
    return this.both()[0].expect<Deletion>('DELETE', `/chats/${chat.id}`);
  }

  /**
   * Deletes the accounts, whereupon what is left of the chats is erased too.
   * @returns the names of those that are still there
   */
  async leave(tries = 3): Promise<string[]> {
    const left: string[] = [];
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

  /** Returns the two members of every chat. */
  both(): [EdgeUser, EdgeUser] {
    const [first, second] = this.users;
    if (!first || !second) throw new Error('the canary accounts are not there');
    return [first, second];
  }

  /** Returns what recognises the line of the services' log by which the last account has been deleted. */
  lastLine(): (line: string) => boolean {
    const id = this.ids.at(-1);
    return (line) => line.includes('"account-deleted"') && line.includes(`"${id}"`);
  }

  /** Returns message texts in every form. */
  textNeedles(): Needle[] {
    return [...this.chats, ...this.gone].flatMap((chat) =>
      chat.texts.flatMap((text) => formsOfText('message text', text)),
    );
  }

  /** Returns chat names in every form. */
  nameNeedles(): Needle[] {
    return [...this.chats, ...this.gone].flatMap(({ name }) => formsOfText('chat name', name));
  }

  /** Returns passwords in every form. */
  passwordNeedles(): Needle[] {
    return this.passwords.flatMap((password) => formsOfText('password', password));
  }

  /** Returns session tokens in every form. */
  tokenNeedles(): Needle[] {
    return this.tokens.flatMap((token) => [
      ...formsOfText('session token', token),
      ...formsOfBytes('session token', Buffer.from(token, 'base64url')),
    ]);
  }

  /** Returns chat keys and what is derived from them, in every form. */
  keyNeedles(): Needle[] {
    return [...this.chats, ...this.gone].flatMap(({ id, key }) => keyForms(parseChatKey(key), id));
  }
}
