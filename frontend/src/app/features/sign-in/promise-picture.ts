import { ChangeDetectionStrategy, Component } from '@angular/core';
import { PICTURE_WORDS } from './words';

/** A picture of what two people read and what the disk stores. */
@Component({
  selector: 'app-promise-picture',
  changeDetection: ChangeDetectionStrategy.OnPush,
  host: { 'aria-hidden': 'true' },
  template: `
    <figure>
      <p class="caption">{{ words.read }}</p>
      <p class="bubble theirs">{{ words.theirs }}</p>
      <p class="bubble own">{{ words.own }}</p>
    </figure>
    <figure>
      <p class="caption">{{ words.stored }}</p>
      <p class="sealed">01 9f3ac1e07b52 d81c44a9f0176ee3b25d90c7 4be1</p>
      <p class="sealed">01 52d0b8f1164a 7e90aa3c51fd28b0946ce1d3 a07c</p>
    </figure>
  `,
  styles: `
    :host {
      display: grid;
      grid-template-columns: repeat(auto-fit, minmax(min(15rem, 100%), 1fr));
      gap: var(--space-4);
    }
    figure {
      display: grid;
      align-content: start;
      gap: var(--space-2);
      padding: var(--space-4);
      border-radius: var(--radius-l);
      background: var(--surface);
      box-shadow: var(--shadow-s);
    }
    .caption {
      color: var(--ink-soft);
      font-size: var(--text-s);
      font-weight: 600;
    }
    .bubble {
      justify-self: start;
      max-width: 90%;
      padding: var(--space-2) var(--space-3);
      border-radius: var(--radius-m);
      font-size: var(--text-s);
    }
    .theirs {
      background: var(--sunken);
    }
    .own {
      justify-self: end;
      background: var(--own);
    }
    .sealed {
      padding: var(--space-2) var(--space-3);
      border-radius: var(--radius-s);
      background: var(--sunken);
      color: var(--ink-soft);
      font: var(--text-xs) / 1.6 var(--font-mono);
      overflow-wrap: anywhere;
    }
  `,
})
export class PromisePicture {
  protected readonly words = PICTURE_WORDS;
}
