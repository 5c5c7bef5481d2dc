import {
  ChangeDetectionStrategy,
  Component,
  computed,
  DestroyRef,
  effect,
  inject,
  Injector,
  input,
  type OnInit,
  runInInjectionContext,
  signal,
  untracked,
  viewChild,
} from '@angular/core';
import type { TimelineItem } from '@app/client';
import { ChatDialogs } from '../../core/dialogs/chat-dialogs';
import { Dialogs } from '../../core/dialogs/dialogs';
import { MinuteClock } from '../../core/device/minute-clock';
import { Messenger } from '../../core/messenger/messenger';
import { chatTitle, memberName, otherMember, shownName } from '../../core/wording/chat-words';
import { COMMON_WORDS } from '../../core/wording/common-words';
import { failureWords } from '../../core/wording/failure-words';
import { copyText } from '../../ui/copy-text';
import { Icon } from '../../ui/icon';
import { ChatEnd } from './chat-end';
import { ChatHeader } from './chat-header';
import { Composer } from './composer';
import type { MessageAction } from './message-row';
import { MessageList } from './message-list';
import { NoticeOffer } from './notice-offer';
import { type OpenTimeline, openTimeline } from './open-timeline';
import { Rows } from './rows';
import { SearchPanel } from './search-panel';
import { CONVERSATION_WORDS, DELETE_MESSAGE_WORDS } from './words';

/** One chat: its messages, and the box to write in. */
@Component({
  selector: 'app-conversation',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [ChatEnd, ChatHeader, Composer, Icon, MessageList, NoticeOffer, SearchPanel],
  templateUrl: './conversation.html',
  styleUrl: './conversation.css',
  host: {
    '(window:focus)': 'cameBack()',
    '(document:visibilitychange)': 'cameBack()',
  },
})
export class Conversation implements OnInit {
  readonly #messenger = inject(Messenger);
  readonly #dialogs = inject(Dialogs);
  readonly #clock = inject(MinuteClock);
  readonly #injector = inject(Injector);
  readonly #destroyed = inject(DestroyRef);
  protected readonly chatDialogs = inject(ChatDialogs);

  /** Never changes. */
  readonly chatId = input.required<string>();

  protected readonly chat = this.#messenger.chat(this.chatId);
  protected readonly words = CONVERSATION_WORDS;
  protected readonly common = COMMON_WORDS;
  protected readonly text = signal('');
  protected readonly copied = signal('');
  readonly #open = signal<OpenTimeline | null>(null);
  readonly #placed = signal(false);
  #placing = false;
  readonly #newAfter = signal<number | null>(null);
  readonly #rows = new Rows();
  /** What the chat and the other member were called last. Nothing else outlives it: it would keep its last message. */
  readonly #lastTitle = signal<string | null>(null);
  protected readonly lastOther = signal<string | null>(null);

  protected readonly snapshot = computed(() => this.#open()?.snapshot());
  /** Whether the chat is not there (any more). */
  protected readonly gone = computed(
    () => (this.#messenger.ready() && !this.chat()) || this.snapshot()?.gone === true,
  );
  /** Whether it was there while this page was open: then it was deleted, or left elsewhere. */
  protected readonly wasHere = computed(() => this.#lastTitle() !== null);
  protected readonly title = computed(() => this.#lastTitle() ?? '');
  protected readonly rows = computed(() => {
    const chat = this.chat();
    const snapshot = this.snapshot();
    // Without a connection nothing says where to open; what is written meanwhile is shown all the same.
    const waits = snapshot?.ready === true || !this.disconnected();
    if (!chat || !snapshot || snapshot.gone || (waits && !this.#placed())) return [];
    return this.#rows.make({
      items: snapshot.items,
      hasOlder: snapshot.hasOlder,
      hasNewer: snapshot.hasNewer,
      chat,
      me: this.#messenger.user()?.id,
      newAfter: this.#newAfter(),
      now: this.#clock.now(),
    });
  });
  protected readonly alone = computed(() => {
    const chat = this.chat();
    return chat !== undefined && !otherMember(chat, this.#messenger.user()?.id);
  });
  /** What stands above the box while nobody else is here and something was written already. */
  protected readonly aloneWords = computed(() => {
    const chat = this.chat();
    if (!chat || this.gone() || !this.alone() || chat.lastSeq === 0) return '';
    const former = chat.formerMembers.at(-1);
    if (!former) return CONVERSATION_WORDS.aloneYet;
    return former.username === null
      ? CONVERSATION_WORDS.aloneAgain
      : CONVERSATION_WORDS.aloneWithout(shownName(former.username));
  });
  /** Whether both have written, as far as one sees it: then notifications are worth something. */
  protected readonly exchanged = computed(() => {
    const senders = new Set(this.rows().map((row) => (row.kind === 'message' ? row.item.own : null)));
    return senders.has(true) && senders.has(false);
  });
  protected readonly writing = computed(() => {
    const chat = this.chat();
    return chat
      ? this.#messenger
          .typing(chat.id)
          .map((id) => memberName(chat, id))
          .join(', ')
      : '';
  });
  protected readonly disconnected = computed(() => this.#messenger.state() !== 'connected');
  /** Why a text was not taken, until it is. */
  protected readonly refused = signal('');
  protected readonly failure = computed(() => {
    if (this.refused() !== '') return this.refused();
    const error = this.snapshot()?.error;
    return error && !this.disconnected() ? failureWords(error) : '';
  });

  /** Whether the search is open. */
  protected readonly searching = signal(false);

  private readonly list = viewChild(MessageList);
  private readonly header = viewChild(ChatHeader);
  private readonly search = viewChild<SearchPanel>('search');
  private readonly composer = viewChild(Composer);

  constructor() {
    effect(() => {
      const chat = this.chat();
      const me = this.#messenger.user()?.id;
      if (!chat) return;
      this.#lastTitle.set(chatTitle(chat, me));
      const other = otherMember(chat, me);
      this.lastOther.set(other ? shownName(other.username) : null);
    });
    effect(() => {
      const snapshot = this.snapshot();
      if (snapshot?.ready && this.chat() && !this.#placed()) untracked(() => void this.#place());
    });
    effect(() => {
      if (!this.gone()) return;
      this.text.set('');
      // A computed value that nobody reads any more keeps what it was last: so it is read once more.
      this.rows();
      this.#rows.forget();
    });
    effect(() => {
      if (this.chatDialogs.searchAsked() === this.chatId()) untracked(() => void this.#openSearch());
    });
    effect(() => this.#noticeNew(this.chat()?.unread ?? 0));
  }

  ngOnInit(): void {
    const user = this.#messenger.user();
    if (!user) return;
    const chat = this.chat();
    const at = chat && chat.unread > 0 ? chat.readSeq + 1 : undefined;
    this.#open.set(runInInjectionContext(this.#injector, () => openTimeline(this.chatId(), at)));
    const { drafts } = this.#messenger;
    const read = (): void => this.text.set(drafts.read(user.id, this.chatId()));
    read();
    this.#destroyed.onDestroy(drafts.watch(user.id, this.chatId(), read));
    this.#destroyed.onDestroy(() => this.#messenger.lookAtDrafts());
    // On a phone the keyboard would cover the messages before they were seen.
    if (matchMedia('(hover: hover)').matches) setTimeout(() => this.composer()?.focus());
  }

  protected wrote(text: string): void {
    this.text.set(text);
    this.#keepDraft(text);
    this.#messenger.client.setTyping(this.chatId(), text !== '');
  }

  protected send(text: string): void {
    this.refused.set('');
    try {
      this.#messenger.client.send(this.chatId(), text);
    } catch (error) {
      // What was not taken stays in the box, and is kept as a draft.
      return this.refused.set(failureWords(error));
    }
    this.composer()?.clear();
    this.#keepDraft('');
    this.#newAfter.set(null);
    this.list()?.follow();
  }

  protected older(): void {
    void this.#open()?.timeline.loadOlder();
  }

  protected newer(): void {
    void this.#open()?.timeline.loadNewer();
  }

  protected latest(): void {
    void this.#open()?.timeline.jumpToLatest();
  }

  protected again(): void {
    if (this.refused() !== '') return this.send(this.text());
    void this.#open()?.timeline.refresh();
  }

  protected seen(seq: number): void {
    if (document.visibilityState === 'visible' && document.hasFocus())
      this.#messenger.client.markRead(this.chatId(), seq);
  }

  protected cameBack(): void {
    this.list()?.look();
  }

  protected closeSearch(): void {
    this.searching.set(false);
    this.header()?.focusMenu();
  }

  protected goTo(seq: number): void {
    this.list()?.reveal(seq);
    void this.#open()?.timeline.jumpTo(seq);
  }

  /** Back to where one came from to the messages: the hits, or the box. */
  protected leaveList(): void {
    const search = this.search();
    if (search) search.back();
    else this.focusComposer();
  }

  protected focusComposer(): void {
    this.composer()?.focus();
  }

  protected async act({
    action,
    item,
  }: {
    readonly action: MessageAction;
    readonly item: TimelineItem;
  }): Promise<void> {
    const { client } = this.#messenger;
    const { id, clientMessageId, text } = { id: null, ...item.message };
    switch (action) {
      case 'copy':
        this.copied.set(
          (await copyText(text ?? '', document.body))
            ? CONVERSATION_WORDS.copied
            : CONVERSATION_WORDS.copyBlocked,
        );
        return void setTimeout(() => this.copied.set(''), 2_500);
      case 'retry':
        if (clientMessageId !== null) client.retry(clientMessageId);
        return this.focusComposer();
      case 'edit':
        return this.#takeBack(text ?? '', clientMessageId);
      case 'discard':
        if (clientMessageId !== null) client.discard(clientMessageId);
        return this.focusComposer();
      case 'erase':
        if (id !== null && (await this.#confirmErasing(id))) this.focusComposer();
    }
  }

  async #openSearch(): Promise<void> {
    this.chatDialogs.searchOpened();
    await import('./search-panel');
    this.search()?.focusBox();
    this.searching.set(true);
  }

  /** Puts a text that was not sent back into the box, before what stands there. */
  #takeBack(text: string, clientMessageId: string | null): void {
    const whole = [text, this.text()].filter((part) => part !== '').join('\n');
    // First the draft: a page that is closed in between has the text twice rather than not at all.
    this.wrote(whole);
    if (clientMessageId !== null) this.#messenger.client.discard(clientMessageId);
    this.composer()?.focusEnd(whole);
  }

  #confirmErasing(messageId: string): Promise<boolean> {
    return this.#dialogs.confirm({
      heading: DELETE_MESSAGE_WORDS.heading,
      words: [DELETE_MESSAGE_WORDS.meaning],
      label: COMMON_WORDS.deleteForBoth,
      act: () => this.#messenger.client.deleteMessage(this.chatId(), messageId),
    });
  }

  /** Finds where to open: at the first unread message, else at the end. */
  async #place(): Promise<void> {
    const chat = this.chat();
    const open = this.#open();
    if (!chat || !open || this.#placing) return;
    this.#placing = true;
    if (chat.unread > 0) {
      this.#newAfter.set(chat.readSeq);
      await open.timeline.jumpTo(chat.readSeq + 1);
    }
    this.#placed.set(true);
  }

  /** What comes while nobody looks is new too. */
  #noticeNew(unread: number): void {
    const chat = untracked(this.chat);
    if (unread === 0 || !chat || !untracked(this.#placed) || document.hasFocus()) return;
    if (untracked(this.#newAfter) === null) this.#newAfter.set(chat.readSeq);
  }

  #keepDraft(text: string): void {
    const user = this.#messenger.user();
    if (user && !this.gone()) this.#messenger.drafts.write(user.id, this.chatId(), text);
  }
}
