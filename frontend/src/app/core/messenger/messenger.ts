import { computed, Injectable, type Signal, signal } from '@angular/core';
import { browserOutboxStorage, ChatClient, discardsUnsent, type SignedOutReason } from '@app/client';
import type { Chat, ErasureReceipt, User } from '@app/contracts/edge';
import { browserStorage, onStorageChange } from '../device/browser-storage';
import { forgetDeviceUser, keepForUser, noteDeviceUser, usersGone } from './device-user';
import { Drafts, isDraftKey } from './drafts';
import { Receipts } from './receipts';

/** The message between tabs about a chat that was left. */
interface LeftChat {
  readonly userId: string;
  readonly chatId: string;
}

/** The state of the client library as signals for templates. It makes no decisions itself. */
@Injectable({ providedIn: 'root' })
export class Messenger {
  readonly #outboxStorage = browserOutboxStorage();
  readonly #keptReceipts = new Receipts(browserStorage());
  /** The client library, for calls that change something. */
  readonly client = new ChatClient({ outboxStorage: this.#outboxStorage });
  /** The drafts. */
  readonly drafts = new Drafts(browserStorage());

  readonly #state = signal(this.client.state);
  readonly #user = signal<User | null>(null);
  readonly #chats = signal<readonly Chat[]>([]);
  readonly #ready = signal(false);
  readonly #typing = signal<ReadonlyMap<string, readonly string[]>>(new Map());
  readonly #receipts = signal<ReadonlyMap<string, ErasureReceipt>>(new Map());
  readonly #endedBecause = signal<SignedOutReason | null>(null);
  readonly #intercepted = signal(false);
  readonly #draftsLookedAt = signal(0);
  readonly #left = 'BroadcastChannel' in globalThis ? new BroadcastChannel('secure-chat.left') : null;

  /** The connection's state. */
  readonly state = this.#state.asReadonly();
  /** The signed-in user. */
  readonly user = this.#user.asReadonly();
  /** The user's chats, latest activity first. */
  readonly chats = this.#chats.asReadonly();
  /** Whether the chats have been fetched since the session started. */
  readonly ready = this.#ready.asReadonly();
  /** The number of unread messages in all chats. */
  readonly unread = computed(() => this.#chats().reduce((sum, chat) => sum + chat.unread, 0));
  /** Whether a proxy answers instead of the server. */
  readonly intercepted = this.#intercepted.asReadonly();
  /** By chat id: the erasure receipts of the chats that were deleted here, until the user signs out. */
  readonly receipts = this.#receipts.asReadonly();
  /** Why the server ended the session, until another one starts. */
  readonly endedBecause = this.#endedBecause.asReadonly();

  constructor() {
    onStorageChange((key) => {
      this.drafts.changed(key);
      if (key === null || isDraftKey(key)) this.lookAtDrafts();
    });
    this.#left?.addEventListener('message', ({ data }: MessageEvent<LeftChat>) => {
      if (data.userId === this.#user()?.id) this.client.leftElsewhere(data.chatId);
    });
    this.client.on('intercepted', (intercepted) => this.#intercepted.set(intercepted));
    this.client.on('state', ({ reason }) => this.#stateChanged(reason));
    this.client.on('chats', () => this.#chatsChanged());
    this.client.on('typing', ({ chatId, userIds }) =>
      this.#typing.update((typing) => new Map(typing).set(chatId, userIds)),
    );
  }

  /** Returns a chat, or undefined if the user is not a member. */
  chat(chatId: Signal<string>): Signal<Chat | undefined> {
    return computed(() => this.#chats().find(({ id }) => id === chatId()));
  }

  /** Returns the ids of the other members who are typing. */
  typing(chatId: string): readonly string[] {
    return this.#typing().get(chatId) ?? [];
  }

  /** Returns the draft of a chat, as of the last change of chat or the last change by another tab. */
  draft(chatId: string): string {
    this.#draftsLookedAt();
    const user = this.#user();
    return user ? this.drafts.read(user.id, chatId) : '';
  }

  /** Updates the views of drafts. Do not call it on each key press: a list may have a thousand chats. */
  lookAtDrafts(): void {
    this.#draftsLookedAt.update((times) => times + 1);
  }

  /** Returns the numbers of unsent messages and drafts that a sign-out would discard. */
  unsent(): { readonly messages: number; readonly drafts: number } {
    const user = this.#user();
    return { messages: this.client.unsentCount, drafts: user ? this.drafts.count(user.id) : 0 };
  }

  /** Stops, and discards the data of the user in this browser; the session continues. */
  discard(): void {
    const user = this.#user();
    this.client.stop();
    if (user) this.#discardOf(user.id);
  }

  /** Discards the data of users whose session was ended for good. @param signedIn the signed-in user, or null */
  discardGone(signedIn: string | null): void {
    for (const id of usersGone(signedIn, Date.now())) this.#discardOf(id);
  }

  /** Deletes the account. @throws ApiError INVALID_CREDENTIALS */
  async deleteAccount(password: string): Promise<void> {
    const user = this.#user();
    await this.client.deleteAccount(password);
    if (user) this.#discardOf(user.id);
  }

  /** Leaves a chat, in all tabs of this browser. @throws ApiError */
  async leaveChat(chatId: string): Promise<void> {
    await this.client.leaveChat(chatId);
    const userId = this.#user()?.id;
    if (userId !== undefined) this.#left?.postMessage({ userId, chatId } satisfies LeftChat);
  }

  /** Deletes a chat for all members and keeps its erasure receipt. @throws ApiError */
  async deleteChat(chatId: string): Promise<void> {
    const receipt = await this.client.deleteChat(chatId);
    this.#receipts.update((receipts) => new Map(receipts).set(chatId, receipt));
    const user = this.#user();
    if (user) this.#keptReceipts.save(user.id, this.#receipts());
  }

  #stateChanged(reason: SignedOutReason | undefined): void {
    const { state, user, ready } = this.client;
    const before = this.#user();
    if (before && reason !== undefined) {
      if (discardsUnsent(reason)) this.#discardOf(before.id);
      else keepForUser(before.id, Date.now());
    }
    if (user?.id !== before?.id) {
      this.#receipts.set(user ? this.#keptReceipts.load(user.id) : new Map<string, ErasureReceipt>());
      this.#typing.set(new Map());
    }
    if (user && (user.id !== before?.id || state === 'connected')) noteDeviceUser(user.id, Date.now());
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

  #discardOf(userId: string): void {
    this.drafts.clear(userId);
    this.#outboxStorage.clear(userId);
    this.#keptReceipts.clear(userId);
    forgetDeviceUser(userId, true);
  }
}
