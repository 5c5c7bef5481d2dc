import {
  afterNextRender,
  ChangeDetectionStrategy,
  Component,
  computed,
  DestroyRef,
  ElementRef,
  inject,
  Injector,
  input,
  output,
  signal,
  viewChild,
} from '@angular/core';
import { ChatSearch, type SearchHit, type SearchSnapshot } from '@app/client/long-reading';
import { LIMITS } from '@app/contracts/edge';
import { Messenger } from '../../core/messenger/messenger';
import { CHAT_WORDS, memberName } from '../../core/wording/chat-words';
import { COMMON_WORDS } from '../../core/wording/common-words';
import { failureWords } from '../../core/wording/failure-words';
import { Icon } from '../../ui/icon';
import { SearchHitView } from './search-hit';
import { SEARCH_WORDS } from './search-words';

/** So long after the last key the search begins by itself. */
const TYPING_MS = 300;

/** Searches in one chat. What is searched for, and what is found, is kept in memory alone, until the panel is closed. */
@Component({
  selector: 'app-search-panel',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon, SearchHitView],
  templateUrl: './search-panel.html',
  styleUrl: './search-panel.css',
  host: {
    role: 'search',
    '[attr.aria-label]': 'words.panel',
    '[class.aside]': 'covered()',
    '(keydown)': 'pressed($event)',
  },
})
export class SearchPanel {
  readonly #messenger = inject(Messenger);
  readonly #injector = inject(Injector);
  readonly chatId = input.required<string>();
  /** The seq of a hit to go to. */
  readonly chosen = output<number>();
  readonly closed = output();

  protected readonly words = SEARCH_WORDS;
  protected readonly common = COMMON_WORDS;
  protected readonly longest = LIMITS.textMax;
  /** Whether the messages are looked at: where the panel lies above them, it shows no hits then. */
  protected readonly covered = signal(false);
  /** The seq of the hit that was chosen last. */
  protected readonly last = signal<number | null>(null);
  readonly #snapshot = signal<SearchSnapshot | null>(null);
  protected readonly hits = computed(() => this.#snapshot()?.hits ?? []);
  protected readonly searching = computed(() => this.#snapshot()?.state === 'searching');
  protected readonly failed = computed(() => this.#snapshot()?.state === 'failed');
  protected readonly state = computed(() => stateWords(this.#snapshot()));
  protected readonly progress = computed(() => {
    const snapshot = this.#snapshot();
    return snapshot ? SEARCH_WORDS.progress(snapshot.searched, snapshot.total) : '';
  });
  readonly #chat = this.#messenger.chat(this.chatId);
  #search: ChatSearch | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  private readonly box = viewChild.required<ElementRef<HTMLInputElement>>('box');
  private readonly list = viewChild<ElementRef<HTMLElement>>('list');

  constructor() {
    inject(DestroyRef).onDestroy(() => this.#discard());
    // The menu that this was chosen from gives the focus back first.
    afterNextRender(() => setTimeout(() => this.focusBox()));
  }

  /** Puts the cursor into the box. */
  focusBox(): void {
    this.box().nativeElement.select();
    this.box().nativeElement.focus();
  }

  /** Goes back to the hits, to the one that was chosen last. */
  back(): void {
    this.covered.set(false);
    afterNextRender(
      () => {
        const buttons = this.#buttons();
        const last = buttons.find((button) => button.dataset['seq'] === String(this.last()));
        (last ?? buttons[0] ?? this.box().nativeElement).focus();
      },
      { injector: this.#injector },
    );
  }

  protected wrote(text: string): void {
    this.#discard();
    if (text.trim() !== '') this.#timer = setTimeout(() => this.start(), TYPING_MS);
  }

  protected start(): void {
    this.#discard();
    const search = new ChatSearch(this.#messenger.client, this.chatId(), this.box().nativeElement.value);
    this.#search = search;
    this.#snapshot.set(search.snapshot);
    search.onChange((snapshot) => this.#snapshot.set(snapshot));
  }

  protected stop(): void {
    this.#search?.stop();
    // The button goes.
    this.box().nativeElement.focus();
  }

  protected choose({ message }: SearchHit): void {
    this.last.set(message.seq);
    this.covered.set(true);
    this.chosen.emit(message.seq);
  }

  protected senderOf({ message }: SearchHit): string {
    const chat = this.#chat();
    if (message.senderId === this.#messenger.user()?.id) return CHAT_WORDS.you;
    return chat ? memberName(chat, message.senderId) : '';
  }

  protected pressed(event: KeyboardEvent): void {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const inBox = event.target === this.box().nativeElement;
    if (event.key === 'Escape') {
      event.preventDefault();
      if (this.searching()) this.stop();
      else this.closed.emit();
    } else if (event.key === 'Enter' && inBox) {
      event.preventDefault();
      if (this.#timer !== undefined || !this.#search) this.start();
    } else this.#move(event, inBox);
  }

  #move(event: KeyboardEvent, inBox: boolean): void {
    const buttons = this.#buttons();
    const at = buttons.indexOf(event.target as HTMLElement);
    if (at === -1 && !(inBox && event.key === 'ArrowDown')) return;
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    if (next < 0) this.box().nativeElement.focus();
    else buttons[next]?.focus();
  }

  #buttons(): HTMLElement[] {
    return [...(this.list()?.nativeElement.querySelectorAll<HTMLElement>('.hit') ?? [])];
  }

  #discard(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#search?.close();
    this.#search = undefined;
    this.last.set(null);
    this.#snapshot.set(null);
  }
}

function stateWords(snapshot: SearchSnapshot | null): string {
  if (!snapshot) return '';
  const { state, hits, error } = snapshot;
  switch (state) {
    case 'searching':
      if (!error) return SEARCH_WORDS.searching;
      return error.code === 'RATE_LIMITED' ? SEARCH_WORDS.busy : SEARCH_WORDS.noConnection;
    case 'full':
      return SEARCH_WORDS.full(hits.length);
    case 'stopped':
      return SEARCH_WORDS.stopped(hits.length);
    case 'failed':
      return failureWords(error);
    case 'gone':
      return '';
    default:
      return SEARCH_WORDS.found(hits.length);
  }
}
