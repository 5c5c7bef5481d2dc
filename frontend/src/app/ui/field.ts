import {
  ChangeDetectionStrategy,
  Component,
  computed,
  ElementRef,
  input,
  model,
  signal,
  viewChild,
} from '@angular/core';
import { UI_WORDS } from './words';

let made = 0;

/** One line of a form: label, input, hint and what is wrong with it, tied together for assistive technology. */
@Component({
  selector: 'app-field',
  changeDetection: ChangeDetectionStrategy.OnPush,
  host: { class: 'field' },
  template: `
    <label [for]="id">{{ label() }}</label>
    <div class="field-box">
      <input
        #box
        class="input"
        [class.with-action]="type() === 'password'"
        [class.mono]="mono()"
        [id]="id"
        [name]="name()"
        [type]="shown() ? 'text' : type()"
        [value]="value()"
        [readOnly]="readonly()"
        [attr.autocomplete]="autocomplete()"
        [attr.maxlength]="maxlength()"
        [attr.autocapitalize]="plain() ? 'none' : null"
        [attr.spellcheck]="plain() ? 'false' : null"
        [attr.autocorrect]="plain() ? 'off' : null"
        [attr.aria-describedby]="describedBy()"
        [attr.aria-invalid]="error() === '' ? null : 'true'"
        (input)="value.set(box.value)"
        (change)="value.set(box.value)"
      />
      @if (type() === 'password') {
        <button class="button compact field-action" type="button" (click)="shown.set(!shown())">
          {{ shown() ? words.hide : words.show }}
        </button>
      }
    </div>
    @if (error() !== '') {
      <p class="field-error" [id]="id + '-error'">{{ error() }}</p>
    } @else if (hint() !== '') {
      <p class="hint" [id]="id + '-hint'">{{ hint() }}</p>
    }
  `,
})
export class Field {
  readonly label = input.required<string>();
  readonly name = input('');
  readonly type = input<'text' | 'password'>('text');
  readonly autocomplete = input('off');
  readonly hint = input('');
  /** What is wrong, in the place of the hint; empty while nothing is. */
  readonly error = input('');
  readonly maxlength = input<number | null>(null);
  readonly readonly = input(false);
  /** Whether the text is no prose: no capitals, no spelling. */
  readonly plain = input(false);
  readonly mono = input(false);
  readonly value = model('');

  protected readonly words = UI_WORDS;
  protected readonly id = `field-${++made}`;
  protected readonly shown = signal(false);
  protected readonly describedBy = computed(() => {
    if (this.error() !== '') return `${this.id}-error`;
    return this.hint() === '' ? null : `${this.id}-hint`;
  });
  private readonly input = viewChild.required<ElementRef<HTMLInputElement>>('box');

  /** Puts the cursor into it. */
  focus(): void {
    this.input().nativeElement.focus();
  }

  /** What the box holds now: a password manager may have filled it without telling. */
  read(): string {
    const { value } = this.input().nativeElement;
    this.value.set(value);
    return value;
  }

  /** Hides a shown password again. */
  conceal(): void {
    this.shown.set(false);
  }
}
