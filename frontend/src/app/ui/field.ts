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

/** One field of a form: label, input, hint and what is wrong with it, tied together for assistive technology. */
@Component({
  selector: 'app-field',
  changeDetection: ChangeDetectionStrategy.OnPush,
  host: { class: 'field' },
  template: `
    <label [for]="id">{{ label() }}</label>
    <div class="field-box">
      @if (lines() > 1) {
        <textarea
          #box
          class="input"
          dir="auto"
          [class.mono]="mono()"
          [id]="id"
          [name]="name()"
          [rows]="lines()"
          [value]="value()"
          [attr.autocomplete]="autocomplete()"
          [attr.autocapitalize]="plain() ? 'none' : null"
          [attr.spellcheck]="plain() ? 'false' : null"
          [attr.autocorrect]="plain() ? 'off' : null"
          [attr.aria-describedby]="describedBy()"
          [attr.aria-invalid]="error() === '' ? null : 'true'"
          (input)="value.set(box.value)"
          (change)="value.set(box.value)"
          (keydown.enter)="submit($event)"
        ></textarea>
      } @else {
        <input
          #box
          class="input"
          dir="auto"
          [class.with-action]="type() === 'password'"
          [class.mono]="mono()"
          [id]="id"
          [name]="name()"
          [type]="shown() ? 'text' : type()"
          [value]="value()"
          [attr.autocomplete]="autocomplete()"
          [attr.autocapitalize]="plain() ? 'none' : null"
          [attr.spellcheck]="plain() ? 'false' : null"
          [attr.autocorrect]="plain() ? 'off' : null"
          [attr.aria-describedby]="describedBy()"
          [attr.aria-invalid]="error() === '' ? null : 'true'"
          (input)="value.set(box.value)"
          (change)="value.set(box.value)"
        />
      }
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
  /** More than one for a text that does not fit into one line; line breaks in what is pasted stay then. */
  readonly lines = input(1);
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
  private readonly input = viewChild.required<ElementRef<HTMLInputElement | HTMLTextAreaElement>>('box');

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

  /** Enter sends the form, as it does from a single line. */
  protected submit(event: Event): void {
    event.preventDefault();
    this.input().nativeElement.form?.requestSubmit();
  }

  /** Hides a shown password again. */
  conceal(): void {
    this.shown.set(false);
  }
}
