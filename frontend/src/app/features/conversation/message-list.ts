import {
  afterRenderEffect,
  ChangeDetectionStrategy,
  Component,
  computed,
  DestroyRef,
  effect,
  ElementRef,
  inject,
  input,
  output,
  signal,
  untracked,
  viewChild,
} from '@angular/core';
import type { TimelineItem } from '@app/client';
import { Icon } from '../../ui/icon';
import { EventRow } from './event-row';
import { type MessageAction, MessageRow } from './message-row';
import { firstBelow, lastAbove } from './row-positions';
import type { Row } from './rows';
import { CONVERSATION_WORDS } from './words';

/** Closer than this to an end of what is loaded, more is asked for. In pixels. */
const NEAR_END = 900;
/** Closer than this to the bottom counts as being there. In pixels. */
const AT_BOTTOM = 24;
/** So long after older or newer messages were put in, they are not read out as if they had just come. */
const SETTLE_MS = 400;
/** So long a message that was gone to stands out. */
const FOUND_MS = 3_000;

/** A line, and how far below the top of the list it is. */
interface Anchor {
  readonly line: Element;
  readonly top: number;
}

/**
 * The messages in a scrolling region. At the bottom it follows what comes; anywhere else what one looks at stays
 * where it is, whatever is put in or taken out above and below.
 */
@Component({
  selector: 'app-message-list',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [EventRow, Icon, MessageRow],
  templateUrl: './message-list.html',
  styleUrl: './message-list.css',
})
export class MessageList {
  readonly rows = input.required<readonly Row[]>();
  readonly hasOlder = input(false);
  readonly hasNewer = input(false);
  readonly loading = input(false);
  /** Others' messages that have not been seen. */
  readonly unread = input(0);

  readonly older = output();
  readonly newer = output();
  readonly latest = output();
  /** Everything up to this seq has been on the screen. */
  readonly seen = output<number>();
  readonly action = output<{ readonly action: MessageAction; readonly item: TimelineItem }>();
  /** The focus is to leave the messages. */
  readonly left = output();

  protected readonly words = CONVERSATION_WORDS;
  protected readonly away = signal(false);
  protected readonly settling = signal(false);
  /** The row that was gone to. */
  protected readonly found = signal<string | null>(null);
  /** The seq of a message to go to, as soon as it is there. */
  readonly #wanted = signal<number | null>(null);
  protected readonly lastOwn = computed(
    () => this.rows().findLast((row) => row.kind === 'message' && row.item.own)?.key,
  );
  protected readonly jumpLabel = computed(() =>
    this.unread() > 0 ? `${CONVERSATION_WORDS.latest} (${this.unread()})` : CONVERSATION_WORDS.latest,
  );

  private readonly scroller = viewChild.required<ElementRef<HTMLElement>>('scroller');
  private readonly lines = viewChild.required<ElementRef<HTMLElement>>('lines');
  #placed = false;
  #atBottom = true;
  /** Where the list was scrolled to, and how high it and its content were, when that was looked at last. */
  #known = { top: 0, height: 0, content: 0 };
  #anchor: Anchor | undefined;

  constructor() {
    // A view's effects run before its template is drawn anew, the others after it: between the two, rows move.
    effect(() => {
      this.rows();
      untracked(() => this.#takeAnchor());
    });
    afterRenderEffect(() => {
      this.rows();
      this.hasOlder();
      this.#wanted();
      untracked(() => this.#place());
    });
    effect((onCleanup) => {
      if (this.found() === null) return;
      const timer = setTimeout(() => this.found.set(null), FOUND_MS);
      onCleanup(() => clearTimeout(timer));
    });
    effect((onCleanup) => {
      if (this.loading()) return this.settling.set(true);
      const timer = setTimeout(() => this.settling.set(false), SETTLE_MS);
      onCleanup(() => clearTimeout(timer));
    });
    const destroyed = inject(DestroyRef);
    const observer = new ResizeObserver(() => this.#resized());
    afterRenderEffect(() => {
      observer.observe(this.scroller().nativeElement);
      observer.observe(this.lines().nativeElement);
    });
    destroyed.onDestroy(() => observer.disconnect());
  }

  /** Goes to the bottom and follows from now on. */
  follow(): void {
    this.#wanted.set(null);
    this.#atBottom = true;
    this.#toBottom();
  }

  /** Brings a message into the middle and gives it the focus: at once, or when it has been loaded. */
  reveal(seq: number): void {
    this.found.set(null);
    this.#wanted.set(seq);
  }

  /** Looks again at what is on the screen: the page came back to the front. */
  look(): void {
    const box = this.scroller().nativeElement;
    if (!this.#placed) return;
    this.away.set(!this.#atBottom || this.hasNewer());
    const edge = box.getBoundingClientRect().bottom;
    const last = this.rows()[lastAbove(this.lines().nativeElement, edge + 1)];
    if (last) this.#seenUpTo(last);
    if (this.loading()) return;
    if (this.hasOlder() && box.scrollTop < NEAR_END) this.older.emit();
    else if (this.hasNewer() && this.#distance() < NEAR_END) this.newer.emit();
  }

  protected scrolled(): void {
    // A change of size moves what is in sight, too: that is nobody's scrolling.
    if (!this.#wasResized()) {
      this.#atBottom = this.#distance() < AT_BOTTOM;
      this.#remember();
    }
    this.look();
  }

  /** A message that opens stays where it begins, one that closes where its button is: also at the end of the list. */
  protected folding({ target }: Event): void {
    const button = target instanceof Element ? target.closest('.fold') : null;
    if (!button) return;
    const closes = button.getAttribute('aria-expanded') === 'true';
    this.#atBottom = false;
    this.#anchor = this.#anchorAt((closes ? null : button.closest('.line')) ?? button);
  }

  protected jump(): void {
    this.latest.emit();
    this.follow();
  }

  protected pressed(event: KeyboardEvent): void {
    const box = this.scroller().nativeElement;
    const target = event.target as Element;
    if (event.key === 'Escape') return this.left.emit();
    if (event.key === 'Enter' && target.matches('.message')) {
      event.preventDefault();
      return target.parentElement?.querySelector<HTMLElement>('.more')?.click();
    }
    const messages = [...box.querySelectorAll<HTMLElement>('.message')];
    const at = messages.indexOf(target as HTMLElement);
    const next = {
      ArrowUp: at === -1 ? messages.length - 1 : at - 1,
      ArrowDown: at + 1,
      Home: 0,
      End: messages.length - 1,
    }[event.key];
    if (next === undefined || (target !== box && at === -1) || (at === -1 && event.key === 'ArrowDown'))
      return;
    event.preventDefault();
    messages[next]?.focus();
  }

  /** The last stored message up to a row counts: below it, only what waits or what happened may stand. */
  #seenUpTo(last: Row): void {
    const rows = this.rows();
    for (let index = rows.indexOf(last); index >= 0; index--) {
      const row = rows[index];
      if (row?.kind === 'message' && row.item.kind === 'stored') return this.seen.emit(row.item.message.seq);
    }
  }

  #takeAnchor(): void {
    if (this.#placed && !this.#follows()) this.#anchor = this.#anchorInSight();
  }

  /** What stays where it is: the message that has the focus, else the first one in sight. */
  #anchorInSight(): Anchor | undefined {
    const lines = this.lines().nativeElement;
    const box = this.scroller().nativeElement.getBoundingClientRect();
    const focused = lines.contains(document.activeElement) ? document.activeElement?.closest('.line') : null;
    if (focused) {
      const { top, bottom } = focused.getBoundingClientRect();
      if (bottom > box.top && top < box.bottom) return this.#anchorAt(focused);
    }
    const row = lines.children[firstBelow(lines, box.top)];
    // The message, not its row: the day above it goes when an older message of the same day comes.
    return row && this.#anchorAt(row.querySelector('.line') ?? row);
  }

  #anchorAt(line: Element): Anchor {
    return { line, top: this.#topOf(line) };
  }

  #topOf(line: Element): number {
    return line.getBoundingClientRect().top - this.scroller().nativeElement.getBoundingClientRect().top;
  }

  #backToAnchor(): void {
    if (this.#anchor?.line.isConnected)
      this.scroller().nativeElement.scrollTop += this.#topOf(this.#anchor.line) - this.#anchor.top;
  }

  #place(): void {
    if (this.rows().length === 0) return;
    if (!this.#placed) this.#placeFirst();
    else if (this.#goToWanted()) this.#anchor = undefined;
    else if (this.#follows() && !this.hasNewer()) this.#toBottom();
    else this.#backToAnchor();
    this.#remember();
    this.look();
  }

  /** @returns whether the message to go to is there */
  #goToWanted(): boolean {
    const seq = this.#wanted();
    if (seq === null) return false;
    const index = this.rows().findIndex(
      (row) => row.kind === 'message' && row.item.kind === 'stored' && row.item.message.seq === seq,
    );
    const message = this.lines().nativeElement.children[index]?.querySelector<HTMLElement>('.message');
    if (!message) return false;
    this.#wanted.set(null);
    this.found.set(this.rows()[index]?.key ?? null);
    const box = this.scroller().nativeElement;
    const [inside, outside] = [message.getBoundingClientRect(), box.getBoundingClientRect()];
    const above = Math.max(0, (box.clientHeight - inside.height) / 2);
    box.scrollTop += inside.top - outside.top - above;
    this.#atBottom = this.#distance() < AT_BOTTOM;
    message.focus({ preventScroll: true });
    return true;
  }

  /** Opens at what is new, with a little of what came before it; else at the end. */
  #placeFirst(): void {
    this.#placed = true;
    const box = this.scroller().nativeElement;
    const divider = box.querySelector('.new');
    this.#toBottom();
    if (!divider) return;
    const above = divider.getBoundingClientRect().top - box.getBoundingClientRect().top;
    const rise = box.clientHeight / 4 - above;
    if (rise > 0) box.scrollTop -= rise;
    this.#atBottom = this.#distance() < AT_BOTTOM;
  }

  #resized(): void {
    if (this.#placed && this.#follows() && !this.hasNewer()) this.#toBottom();
    else {
      if (this.#placed) this.#backToAnchor();
      if (this.#distance() < AT_BOTTOM) this.#atBottom = true;
    }
    this.#remember();
    this.look();
  }

  /** Whether the list stays at its bottom. Somebody may have scrolled away a moment ago: that is told a frame later. */
  #follows(): boolean {
    const { scrollTop } = this.scroller().nativeElement;
    if (!this.#wasResized() && scrollTop < this.#known.top && this.#distance() >= AT_BOTTOM)
      this.#atBottom = false;
    return this.#atBottom;
  }

  #wasResized(): boolean {
    const { clientHeight, scrollHeight } = this.scroller().nativeElement;
    return clientHeight !== this.#known.height || scrollHeight !== this.#known.content;
  }

  #remember(): void {
    const { scrollTop, clientHeight, scrollHeight } = this.scroller().nativeElement;
    this.#known = { top: scrollTop, height: clientHeight, content: scrollHeight };
    if (this.#placed) this.#anchor = this.#anchorInSight();
  }

  #toBottom(): void {
    const box = this.scroller().nativeElement;
    box.scrollTop = box.scrollHeight;
    this.#remember();
  }

  #distance(): number {
    const box = this.scroller().nativeElement;
    return box.scrollHeight - box.scrollTop - box.clientHeight;
  }
}
