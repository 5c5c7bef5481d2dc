import {
  ChangeDetectionStrategy,
  Component,
  computed,
  ElementRef,
  inject,
  input,
  model,
  output,
  signal,
  viewChild,
} from '@angular/core';
import { codePoints, isSendableText, LIMITS } from '@app/contracts/edge';
import { Preferences } from '../../core/device/preferences';
import { Icon } from '../../ui/icon';
import { COMPOSER_WORDS } from './words';

/** From here on the number of characters is shown. */
const COUNT_FROM = 3_500;

/** The box that one writes in. */
@Component({
  selector: 'app-composer',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon],
  template: `
    <form (submit)="submit($event)">
      <div class="box">
        <div class="fit" [attr.data-text]="text()">
          <textarea
            #box
            rows="1"
            dir="auto"
            name="message"
            [attr.aria-label]="words.label"
            autocomplete="off"
            [attr.enterkeyhint]="preferences.enterSends() ? 'send' : 'enter'"
            [placeholder]="disabled() ? words.closed : words.placeholder"
            [disabled]="disabled()"
            [value]="text()"
            [attr.aria-describedby]="count() === '' ? null : 'composer-count'"
            [attr.aria-invalid]="tooLong() || invisible() ? 'true' : null"
            (input)="wrote(box.value)"
            (keydown)="pressed($event)"
          ></textarea>
        </div>
        @if (count() !== '') {
          <p id="composer-count" class="count" [class.over]="tooLong() || invisible()">{{ count() }}</p>
        }
      </div>
      <button
        class="button icon-only"
        [class.filled]="mayBeSent()"
        [class.idle]="!mayBeSent()"
        type="submit"
        [attr.aria-label]="words.send"
        [disabled]="disabled()"
      >
        <app-icon name="send" />
      </button>
    </form>
  `,
  styleUrl: './composer.css',
})
export class Composer {
  /** What is written. */
  readonly text = model('');
  readonly disabled = input(false);
  /** A text that may be sent as it is. */
  readonly sent = output<string>();

  protected readonly words = COMPOSER_WORDS;
  protected readonly preferences = inject(Preferences);
  /** Whether what was to be sent has no character that can be seen. */
  protected readonly invisible = signal(false);
  protected readonly tooLong = computed(() => codePoints(this.text()) > LIMITS.textMax);
  protected readonly count = computed(() => {
    if (this.invisible()) return COMPOSER_WORDS.invisible;
    const length = codePoints(this.text());
    return length < COUNT_FROM ? '' : COMPOSER_WORDS.count(length);
  });
  /** Whether Send would send something, as far as the button shows it. */
  protected readonly mayBeSent = computed(() => isSendableText(this.text()));
  private readonly box = viewChild.required<ElementRef<HTMLTextAreaElement>>('box');

  /** Puts the cursor into it. */
  focus(): void {
    this.box().nativeElement.focus();
  }

  /** Puts the cursor behind what is written. */
  focusEnd(text: string): void {
    const box = this.box().nativeElement;
    box.value = text;
    box.focus();
    box.setSelectionRange(text.length, text.length);
  }

  /** Empties it, once what is in it has been taken: at once, so that another Enter does not send it again. */
  clear(): void {
    this.text.set('');
    this.box().nativeElement.value = '';
  }

  protected pressed(event: KeyboardEvent): void {
    // 229: some browsers end a composition with a key that says nothing else of it.
    if (event.key !== 'Enter' || event.isComposing || event.keyCode === 229) return;
    // Where Enter breaks the line, another key beside it sends.
    const sends = this.preferences.enterSends() ? !event.shiftKey : event.ctrlKey || event.metaKey;
    if (!sends) return;
    event.preventDefault();
    if (!event.repeat) this.#send();
  }

  protected wrote(text: string): void {
    this.invisible.set(false);
    this.text.set(text);
  }

  protected submit(event: Event): void {
    event.preventDefault();
    this.#send();
  }

  #send(): void {
    const text = this.box().nativeElement.value;
    this.focus();
    if (this.disabled()) return;
    // Nothing at all needs no word.
    this.invisible.set(text.trim() !== '' && !this.tooLong() && !isSendableText(text));
    if (!isSendableText(text)) return;
    this.sent.emit(text);
  }
}
