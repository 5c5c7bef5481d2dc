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

/** A field of a form: label, input, hint and error, connected for assistive technology. */
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
  /** The error, shown in place of the hint; empty if there is none. */
  readonly error = input('');
  /** More than one for a text of several lines; line breaks in pasted text then stay. */
  readonly lines = input(1);
  /** Whether the text is not prose: without automatic capitals and spell checking. */
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

  /** Moves the focus to the field. */
  focus(): void {
    this.input().nativeElement.focus();
  }

  /** Returns the current value: a password manager may have filled it without an event. */
  read(): string {
    const { value } = this.input().nativeElement;
    this.value.set(value);
    return value;
  }

  /** Submits the form on Enter, as in a single-line field. */
  protected submit(event: Event): void {
    event.preventDefault();
    this.input().nativeElement.form?.requestSubmit();
  }

  /** Hides a shown password again. */
  conceal(): void {
    this.shown.set(false);
  }
}
