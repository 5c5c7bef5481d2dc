import { ChangeDetectionStrategy, Component, computed, input } from '@angular/core';

/** The first letter of a name in a circle, with a dot while that person is online. A text elsewhere says the same. */
@Component({
  selector: 'app-avatar',
  changeDetection: ChangeDetectionStrategy.OnPush,
  host: { 'aria-hidden': 'true', '[class.online]': 'online()', '[class]': '"tone-" + tone()' },
  template: `{{ letter() }}`,
  styles: `
    :host {
      position: relative;
      display: inline-grid;
      place-items: center;
      flex: none;
      width: 2.75rem;
      height: 2.75rem;
      border-radius: var(--radius-round);
      background: var(--accent-soft);
      color: var(--accent-ink);
      font-weight: 700;
      font-size: var(--text-l);
      user-select: none;
    }
    :host(.tone-1) {
      background: color-mix(in srgb, var(--part-nonce) 16%, var(--surface));
      color: var(--part-nonce);
    }
    :host(.tone-2) {
      background: color-mix(in srgb, var(--part-version) 16%, var(--surface));
      color: var(--part-version);
    }
    :host(.tone-3) {
      background: color-mix(in srgb, var(--part-tag) 14%, var(--surface));
      color: var(--part-tag);
    }
    :host(.online)::after {
      content: '';
      position: absolute;
      right: 0;
      bottom: 0;
      width: 0.75rem;
      height: 0.75rem;
      border: 2px solid var(--surface);
      border-radius: var(--radius-round);
      background: var(--accent);
    }
    @media (forced-colors: active) {
      :host {
        border: 1px solid;
      }
      :host(.online)::after {
        forced-color-adjust: none;
        border-color: Canvas;
        background: CanvasText;
      }
    }
  `,
})
export class Avatar {
  readonly name = input.required<string>();
  /** Determines the colour, so that it stays when the name changes; default: the name. */
  readonly of = input<string>();
  readonly online = input(false);
  protected readonly letter = computed(() => firstLetter(this.name()));
  protected readonly tone = computed(() => {
    let sum = 0;
    for (const character of this.of() ?? this.name()) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 4;
    return sum;
  });
}

const characters = new Intl.Segmenter('en');

/** Returns the first grapheme. */
function firstLetter(name: string): string {
  const [first] = characters.segment(name.trim());
  return first?.segment.toLocaleUpperCase() ?? '?';
}
