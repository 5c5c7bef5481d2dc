import { ChangeDetectionStrategy, Component, DestroyRef, inject, input, signal } from '@angular/core';
import { copyText } from '../../../ui/copy-text';
import { Icon } from '../../../ui/icon';
import { CONVERSATION_WORDS, MESSAGE_WORDS } from '../words';

const TOLD_MS = 2_500;

/** Lines of code, with a button that copies them. They scroll in themselves, always from left to right. */
@Component({
  selector: 'app-code-lines',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon],
  template: `
    <div class="head">
      <span class="label" dir="ltr" [textContent]="label()"></span>
      <button
        #button
        class="copy"
        type="button"
        [attr.aria-label]="words.copyCode"
        [title]="words.copyCode"
        (click)="copy(button)"
      >
        <app-icon [name]="told() === copied ? 'check' : 'copy'" [size]="16" />
      </button>
      <span class="unseen" aria-live="polite">{{ told() }}</span>
    </div>
    <pre
      dir="ltr"
      role="group"
      tabindex="0"
      [attr.aria-label]="words.code"
    ><code [textContent]="code()"></code></pre>
  `,
  styleUrl: './code-lines.css',
})
export class CodeLines {
  readonly label = input.required<string>();
  readonly code = input.required<string>();
  protected readonly words = MESSAGE_WORDS;
  protected readonly copied = CONVERSATION_WORDS.copied;
  protected readonly told = signal('');
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    inject(DestroyRef).onDestroy(() => clearTimeout(this.#timer));
  }

  protected async copy(button: HTMLElement): Promise<void> {
    const done = await copyText(this.code(), button);
    this.told.set(done ? CONVERSATION_WORDS.copied : CONVERSATION_WORDS.copyBlocked);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.told.set(''), TOLD_MS);
  }
}
