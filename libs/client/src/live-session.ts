import type { Message, MessagePage, User } from '@app/contracts/edge';
import { ApiError, toApiError } from './api-error.js';
import { ChatList, type Removal } from './chat-list.js';
import { Connection, type ConnectionState, type ServerEvent, type SignedOutReason } from './connection.js';
import type { CookieJar } from './cookie-jar.js';
import type { Feed } from './feed.js';
import type { HttpApi, PageRequest } from './http-api.js';
import { MarkSender } from './marks.js';
import type { OutboxStorage } from './outbox-storage.js';
import { Outbox } from './outbox.js';
import { Timeline } from './timeline.js';
import { Typing } from './typing.js';

/** The dependencies and callbacks of a live session. */
export interface LiveSessionOptions {
  readonly user: User;
  readonly api: HttpApi;
  readonly url: string;
  readonly cookies: CookieJar | undefined;
  readonly storage: OutboxStorage;
  readonly feeds: ReadonlySet<Feed>;
  readonly onState: (state: ConnectionState, reason?: SignedOutReason) => void;
  readonly onChats: () => void;
  readonly onTyping: (chatId: string) => void;
  readonly onMessage: (message: Message) => void;
  readonly onChatRemoved: (chatId: string) => void;
  readonly onOutbox: (chatId: string) => void;
  readonly onDeleted: (tombstone: Message) => void;
  /** A message arrived, was stored or changed. */
  readonly onChanged: (message: Message) => void;
  /** Something between here and the server began or ceased to answer in its place. */
  readonly onIntercepted: (intercepted: boolean) => void;
  /** Called when the browser's session belongs to another user: nothing may be sent as them or shown to them. */
  readonly onOtherUser: (user: User) => void;
}

/**
 * All in-memory objects of one signed-in user. It is created at sign-in and discarded at the end, so that no data of
 * one user is left for the next.
 */
export class LiveSession {
  readonly user: User;
  readonly connection: Connection;
  readonly chats: ChatList;
  readonly outbox: Outbox;
  readonly marks: MarkSender;
  readonly typing: Typing;
  readonly #options: LiveSessionOptions;
  readonly #timelines = new Set<Timeline>();
  #asking: Promise<void> | undefined;

  constructor(options: LiveSessionOptions) {
    const { user, api, url, cookies, storage } = options;
    this.#options = options;
    this.user = user;
    this.connection = new Connection({
      url,
      cookies,
      userId: user.id,
      onDenied: () => void this.#askWho(),
      onUnreached: () => void this.#askWho(),
      onState: (state, reason) => this.#stateChanged(state, reason),
      onEvent: (event) => this.#receive(event),
    });
    this.chats = new ChatList({
      me: user.id,
      fetchAll: async () => {
        const [me, chats] = await Promise.all([api.me(), api.chats()]);
        this.#requireSelf(me);
        return chats;
      },
      fetchOne: (chatId) => this.#asSelf(api.chat(chatId)),
      onChange: () => this.#chatsChanged(),
      onFetched: () => this.#chatsFetched(),
      onRemoved: (chatId, why) => this.#chatRemoved(chatId, why),
    });
    this.outbox = new Outbox({
      storage,
      now: () => api.now(),
      deliver: async ({ chatId, clientMessageId, text, replyTo }) => {
        const answered = replyTo === undefined ? {} : { replyTo };
        return (await this.connection.request('message:send', { chatId, clientMessageId, text, ...answered }))
          .message;
      },
      onStored: (message) => this.#stored(message),
      onChange: (chatId) => {
        this.#eachTimeline(chatId, (timeline) => timeline.outsideChanged());
        options.onOutbox(chatId);
      },
    });
    this.marks = new MarkSender((kind, chatId, seq) =>
      this.connection.request(`message:${kind}`, { chatId, seq }),
    );
    this.typing = new Typing({
      // A lost typing event does no harm: typing ends after a timeout.
      tell: (chatId, typing) =>
        void this.connection.request('typing', { chatId, typing }).catch(() => undefined),
      onChange: options.onTyping,
    });
  }

  /** Connects, and sends unsent messages. */
  start(): void {
    this.outbox.open(this.user.id);
    this.connection.start();
  }

  /** Disconnects and clears everything except the storage. */
  end(): void {
    this.chats.close();
    this.marks.clear();
    this.typing.clear();
    for (const timeline of this.#timelines) timeline.close();
    this.outbox.close();
    this.connection.stop();
  }

  /** Opens a chat's history. @param at the seq to start around; default: its end */
  openTimeline(chatId: string, at?: number): Timeline {
    const timeline: Timeline = new Timeline(chatId, {
      me: this.user.id,
      chat: () => this.chats.get(chatId),
      unsent: () => this.outbox.unsent(chatId),
      fetchPage: (page) => this.messages(chatId, page),
      at,
      onFetched: (messages) => messages.forEach((message) => this.outbox.settle(message)),
      onClose: () => this.#timelines.delete(timeline),
    });
    this.#timelines.add(timeline);
    return timeline;
  }

  /** Reads a page of a chat's history. @throws ApiError */
  messages(chatId: string, page: PageRequest): Promise<MessagePage> {
    return this.#asSelf(this.#options.api.messages(chatId, page));
  }

  /** Moves the timelines of a chat to its end, where unsent messages appear. */
  showEnd(chatId: string): void {
    this.#eachTimeline(chatId, (timeline) => void timeline.jumpToLatest());
  }

  /** Sets the user's read position here and on the server. */
  markRead(chatId: string, seq: number): void {
    const chat = this.chats.get(chatId);
    if (!chat || seq <= chat.readSeq) return;
    this.marks.read(chatId, Math.min(seq, chat.lastSeq), chat.readSeq);
    this.chats.markRead(chatId, seq);
  }

  /** Applies the result of an HTTP call like the event that the server emits for it. */
  apply(event: ServerEvent): void {
    this.#receive(event);
  }

  #stateChanged(state: ConnectionState, reason?: SignedOutReason): void {
    if (state === 'connected') {
      this.#options.onIntercepted(false);
      this.outbox.resume();
      this.marks.resume();
      void this.chats.fetch();
      for (const timeline of this.#timelines) void timeline.refresh();
    } else {
      this.outbox.suspend();
      this.marks.suspend();
      this.typing.clear();
    }
    this.#options.onState(state, reason);
  }

  /** Fetches the signed-in user after the connection was refused or got no answer, to find out why. */
  #askWho(): Promise<void> {
    return (this.#asking ??= this.#options.api
      .me()
      .then(
        (user) => {
          this.#options.onIntercepted(false);
          this.#requireSelf(user);
        },
        // UNAUTHENTICATED is handled by the API's callback.
        (error: unknown) => this.#options.onIntercepted(toApiError(error).intercepted),
      )
      .catch(() => undefined)
      .finally(() => (this.#asking = undefined)));
  }

  /** Handles CHAT_NOT_FOUND: another user may have signed in meanwhile. */
  async #asSelf<T>(call: Promise<T>): Promise<T> {
    try {
      return await call;
    } catch (error) {
      if (toApiError(error).code === 'CHAT_NOT_FOUND') this.#requireSelf(await this.#options.api.me());
      throw error;
    }
  }

  /** @throws ApiError UNAUTHENTICATED for any other user */
  #requireSelf(user: User): void {
    if (user.id === this.user.id) return;
    this.#options.onOtherUser(user);
    throw new ApiError('UNAUTHENTICATED', { detail: 'Another user is signed in' });
  }

  #receive(event: ServerEvent): void {
    this.chats.apply(event);
    if ('message' in event.payload) this.#options.onChanged(event.payload.message);
    switch (event.name) {
      case 'message:new':
        return this.#arrived(event.payload.message);
      case 'message:updated':
        return this.#changed(event.payload.message);
      case 'message:deleted':
        this.#changed(event.payload.message);
        return this.#options.onDeleted(event.payload.message);
      case 'typing':
        return this.typing.receive(event.payload.chatId, event.payload.userId, event.payload.typing);
      case 'chat:joined':
        return this.#eachFeed((feed) => feed.sync([event.payload.chat]));
      default:
        return;
    }
  }

  #changed(message: Message): void {
    this.#eachTimeline(message.chatId, (timeline) => timeline.change(message));
  }

  #arrived(message: Message): void {
    const { chatId, senderId, seq } = message;
    this.outbox.settle(message);
    if (senderId !== null) this.typing.receive(chatId, senderId, false);
    this.marks.delivered(chatId, seq, 0);
    this.#eachTimeline(chatId, (timeline) => timeline.receive(message));
    this.#eachFeed((feed) => feed.receive(message));
    this.#options.onMessage(message);
  }

  /** Applies an acknowledged message: the server emits it to every socket except this one. */
  #stored(message: Message): void {
    this.chats.apply({ name: 'message:new', payload: { message } });
    this.#options.onChanged(message);
    this.#eachTimeline(message.chatId, (timeline) => timeline.receive(message));
    this.#eachFeed((feed) => feed.receive(message));
  }

  #chatsFetched(): void {
    const chats = this.chats.all;
    this.outbox.keepOnly(new Set(chats.map((chat) => chat.id)));
    for (const chat of chats) {
      const known = chat.members.find((member) => member.id === this.user.id)?.deliveredSeq ?? 0;
      if (chat.lastSeq > known) this.marks.delivered(chat.id, chat.lastSeq, known);
    }
    this.#eachFeed((feed) => feed.sync(chats));
  }

  #chatsChanged(): void {
    for (const timeline of this.#timelines) timeline.outsideChanged();
    this.#options.onChats();
  }

  #chatRemoved(chatId: string, why: Removal): void {
    this.outbox.dropChat(chatId);
    this.marks.drop(chatId);
    this.#eachTimeline(chatId, (timeline) => timeline.end(why));
    this.#eachFeed((feed) => feed.drop(chatId));
    this.#options.onChatRemoved(chatId);
  }

  #eachTimeline(chatId: string, call: (timeline: Timeline) => void): void {
    for (const timeline of this.#timelines) if (timeline.chatId === chatId) call(timeline);
  }

  #eachFeed(call: (feed: Feed) => void): void {
    for (const feed of this.#options.feeds) call(feed);
  }
}
