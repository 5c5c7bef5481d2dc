import type { Message, User } from '@app/contracts/edge';
import { ChatList } from './chat-list.js';
import { Connection, type ConnectionState, type ServerEvent, type SignedOutReason } from './connection.js';
import type { CookieJar } from './cookie-jar.js';
import type { Feed } from './feed.js';
import type { HttpApi } from './http-api.js';
import { MarkSender } from './marks.js';
import type { OutboxStorage } from './outbox-storage.js';
import { Outbox } from './outbox.js';
import { Timeline } from './timeline.js';
import { Typing } from './typing.js';

/** What a live session needs and tells. */
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
}

/**
 * Everything one signed-in user has in memory, wired together: made at the start, thrown away at the end, so that
 * nothing of one user is left for the next.
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

  constructor(options: LiveSessionOptions) {
    const { user, api, url, cookies, storage } = options;
    this.#options = options;
    this.user = user;
    this.connection = new Connection({
      url,
      cookies,
      onState: (state, reason) => this.#stateChanged(state, reason),
      onEvent: (event) => this.#receive(event),
    });
    this.chats = new ChatList({
      me: user.id,
      fetchAll: () => api.chats(),
      fetchOne: (chatId) => api.chat(chatId),
      onChange: () => this.#chatsChanged(),
      onFetched: () => this.#chatsFetched(),
      onRemoved: (chatId) => this.#chatRemoved(chatId),
    });
    this.outbox = new Outbox({
      storage,
      deliver: async ({ chatId, clientMessageId, text }) =>
        (await this.connection.request('message:send', { chatId, clientMessageId, text })).message,
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
      // Nobody misses it if it gets lost: it ends by itself.
      tell: (chatId, typing) =>
        void this.connection.request('typing', { chatId, typing }).catch(() => undefined),
      onChange: options.onTyping,
    });
  }

  /** Connects, and sends what was left unsent. */
  start(): void {
    this.outbox.open(this.user.id);
    this.connection.start();
  }

  /** Disconnects and forgets everything but what the storage keeps. */
  end(): void {
    this.chats.close();
    this.marks.clear();
    this.typing.clear();
    for (const timeline of this.#timelines) timeline.close();
    this.outbox.close();
    this.connection.stop();
  }

  /** Opens a chat's history. */
  openTimeline(chatId: string): Timeline {
    const timeline: Timeline = new Timeline(chatId, {
      me: this.user.id,
      chat: () => this.chats.get(chatId),
      unsent: () => this.outbox.unsent(chatId),
      fetchPage: (page) => this.#options.api.messages(chatId, page),
      onFetched: (messages) => messages.forEach((message) => this.outbox.settle(message)),
      onClose: () => this.#timelines.delete(timeline),
    });
    this.#timelines.add(timeline);
    return timeline;
  }

  /** Brings the timelines of a chat to its end, where what is being sent appears. */
  showEnd(chatId: string): void {
    this.#eachTimeline(chatId, (timeline) => void timeline.jumpToLatest());
  }

  /** Marks as read here and on the server. */
  markRead(chatId: string, seq: number): void {
    const chat = this.chats.get(chatId);
    if (!chat || seq <= chat.readSeq) return;
    this.marks.read(chatId, Math.min(seq, chat.lastSeq), chat.readSeq);
    this.chats.markRead(chatId, seq);
  }

  /** Takes what an HTTP call changed as the event that will tell it too. */
  apply(event: ServerEvent): void {
    this.#receive(event);
  }

  #stateChanged(state: ConnectionState, reason?: SignedOutReason): void {
    if (state === 'connected') {
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

  #receive(event: ServerEvent): void {
    this.chats.apply(event);
    switch (event.name) {
      case 'message:new':
        return this.#arrived(event.payload.message);
      case 'message:deleted':
        return this.#eachTimeline(event.payload.message.chatId, (timeline) =>
          timeline.erase(event.payload.message),
        );
      case 'typing':
        return this.typing.receive(event.payload.chatId, event.payload.userId, event.payload.typing);
      case 'chat:joined':
        return this.#eachFeed((feed) => feed.sync([event.payload.chat]));
      default:
        return;
    }
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

  /** An own message was acknowledged: the server tells it to every socket but this one. */
  #stored(message: Message): void {
    this.chats.apply({ name: 'message:new', payload: { message } });
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

  #chatRemoved(chatId: string): void {
    this.outbox.dropChat(chatId);
    this.marks.drop(chatId);
    this.#eachTimeline(chatId, (timeline) => timeline.end());
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
