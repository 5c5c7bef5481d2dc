import {
  afterRenderEffect,
  ChangeDetectionStrategy,
  Component,
  computed,
  type ElementRef,
  input,
  signal,
  viewChild,
} from '@angular/core';
import { MESSAGE_WORDS } from '../words';
import { FormattedBlocks } from './formatted-blocks';
import { textBlocks } from './text-blocks';

/** A shorter text is never so high that it is folded. */
const LEAST_FOLDED = 20;

/** The text of a message, formatted; what is very high is folded until one asks for more. */
@Component({
  selector: 'app-message-text',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [FormattedBlocks],
  template: `
    <div
      #body
      class="text"
      dir="auto"
      [class.folded]="mayFold() && !unfolded()"
      (focusin)="reveal($event, body)"
    >
      <app-formatted-blocks [blocks]="blocks()" />
    </div>
    @if (mayFold() && (overflows() || unfolded())) {
      <button
        class="fold"
        type="button"
        [attr.aria-expanded]="unfolded()"
        (click)="unfolded.set(!unfolded())"
      >
        {{ unfolded() ? words.showLess : words.showMore }}
      </button>
    }
  `,
  styleUrl: './message-text.css',
})
export class MessageText {
  /** As it was written. */
  readonly text = input.required<string>();

  protected readonly words = MESSAGE_WORDS;
  protected readonly blocks = computed(() => textBlocks(this.text()));
  protected readonly mayFold = computed(() => this.text().length >= LEAST_FOLDED);
  /** Whether a part of the text is out of sight while it is folded. */
  protected readonly overflows = signal(false);
  protected readonly unfolded = signal(false);
  private readonly body = viewChild.required<ElementRef<HTMLElement>>('body');

  constructor() {
    afterRenderEffect((onCleanup) => {
      const body = this.body().nativeElement;
      if (!this.mayFold() || this.unfolded()) return;
      // Its width changes with the window, and so does its height.
      const observer = new ResizeObserver(() =>
        this.overflows.set(body.scrollHeight > body.clientHeight + 1),
      );
      observer.observe(body);
      onCleanup(() => observer.disconnect());
    });
  }

  /** What has the focus is to be seen. */
  protected reveal({ target }: FocusEvent, body: HTMLElement): void {
    if (!(target instanceof Element) || !target.matches(':focus-visible')) return;
    if (target.getBoundingClientRect().bottom > body.getBoundingClientRect().bottom) this.unfolded.set(true);
  }
}
