import { ChangeDetectionStrategy, Component, input, signal } from '@angular/core';
import { copyText } from './copy-text';
import { Icon } from './icon';
import { UI_WORDS } from './words';

const TOLD_MS = 2_500;

/** Copies a text and confirms it. */
@Component({
  selector: 'app-copy-button',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon],
  template: `
    <button
      #button
      class="button wide"
      [class]="main() ? 'filled' : 'outlined'"
      type="button"
      (click)="copy(button)"
    >
      <app-icon [name]="told() === words.copied ? 'check' : 'copy'" [size]="18" />
      <span aria-live="polite">{{ told() ?? label() }}</span>
    </button>
  `,
})
export class CopyButton {
  readonly label = input.required<string>();
  readonly text = input.required<string>();
  /** Whether it is the primary button. */
  readonly main = input(false);
  protected readonly words = UI_WORDS;
  protected readonly told = signal<string | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;

  protected async copy(button: HTMLElement): Promise<void> {
    const copied = await copyText(this.text(), button);
    this.told.set(copied ? UI_WORDS.copied : UI_WORDS.copyManually);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.told.set(null), TOLD_MS);
  }
}
