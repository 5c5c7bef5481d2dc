import { computed, Injectable, type Signal, signal } from '@angular/core';
import { browserOutboxStorage, ChatClient, type SignedOutReason } from '@app/client';
import type { Chat, ErasureReceipt, User } from '@app/contracts/edge';
import { browserStorage } from '../device/browser-storage';
import { Drafts } from './drafts';

/** Reasons after which nothing of the user may stay in this browser. A draft outlives a session ended elsewhere. */
const WIPING_REASONS: ReadonlySet<SignedOutReason> = new Set(['logged-out', 'account-deleted']);

/** The client library as signals: what it tells becomes state that templates read. It decides nothing itself. */
@Injectable({ providedIn: 'root' })
export class Messenger {
  /** The client, for calls that change something. */
  readonly client = new ChatClient({ outboxStorage: browserOutboxStorage() });
  /** What is written but not sent. */
  readonly drafts = new Drafts(browserStorage());

  readonly #state = signal(this.client.state);
  readonly #user = signal<User | null>(null);
  readonly #chats = signal<readonly Chat[]>([]);
  readonly #ready = signal(false);
  readonly #typing = signal<ReadonlyMap<string, readonly string[]>>(new Map());
  readonly #receipts = signal<ReadonlyMap<string, ErasureReceipt>>(new Map());
  readonly #endedBecause = signal<SignedOutReason | null>(null);

  /** The connection's state. */
  readonly state = this.#state.asReadonly();
  /** Who is signed in. */
  readonly user = this.#user.asReadonly();
  /** The user's chats, latest activity first. */
  readonly chats = this.#chats.asReadonly();
  /** Whether the chats have been fetched since the session began. */
  readonly ready = this.#ready.asReadonly();
  /** Unread messages of all chats. */
  readonly unread = computed(() => this.#chats().reduce((sum, chat) => sum + chat.unread, 0));
  /** By chat id: the receipts of the chats erased here, as long as this page lives. */
  readonly receipts = this.#receipts.asReadonly();
  /** Why the server ended the session, until another begins. */
  readonly endedBecause = this.#endedBecause.asReadonly();

  constructor() {
    this.client.on('state', ({ reason }) => this.#stateChanged(reason));
    this.client.on('chats', () => this.#chatsChanged());
    this.client.on('typing', ({ chatId, userIds }) =>
      this.#typing.update((typing) => new Map(typing).set(chatId, userIds)),
    );
  }

  /** One chat, or undefined when the user is not in it (any more). */
  chat(chatId: Signal<string>): Signal<Chat | undefined> {
    return computed(() => this.#chats().find(({ id }) => id === chatId()));
  }

  /** Ids of the others who are writing in a chat now. */
  typing(chatId: string): readonly string[] {
    return this.#typing().get(chatId) ?? [];
  }

  /** Wipes what this browser keeps of the user, and ends the session. @throws ApiError if the server was not told */
  signOut(): Promise<void> {
    this.#wipeDrafts();
    return this.client.signOut();
  }

  /** Deletes the account. @throws ApiError INVALID_CREDENTIALS */
  async deleteAccount(password: string): Promise<void> {
    const user = this.#user();
    await this.client.deleteAccount(password);
    if (user) this.drafts.clear(user.id);
  }

  /** Erases a chat for everybody and keeps its receipt. @throws ApiError */
  async deleteChat(chatId: string): Promise<void> {
    const receipt = await this.client.deleteChat(chatId);
    this.#receipts.update((receipts) => new Map(receipts).set(chatId, receipt));
  }

  #stateChanged(reason: SignedOutReason | undefined): void {
    const { state, user, ready } = this.client;
    if (reason !== undefined && WIPING_REASONS.has(reason)) this.#wipeDrafts();
    if (user?.id !== this.#user()?.id) {
      this.#receipts.set(new Map());
      this.#typing.set(new Map());
    }
    this.#endedBecause.set(state === 'signed-out' ? (reason ?? null) : null);
    this.#state.set(state);
    this.#user.set(user);
    this.#ready.set(ready);
  }

  #chatsChanged(): void {
    const { chats, ready, user } = this.client;
    this.#chats.set(chats);
    this.#ready.set(ready);
    if (user && ready) this.drafts.keepOnly(user.id, new Set(chats.map(({ id }) => id)));
  }

  #wipeDrafts(): void {
    const user = this.#user();
    if (user) this.drafts.clear(user.id);
  }
}
