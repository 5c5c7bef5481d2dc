import { ChangeDetectionStrategy, Component, input } from '@angular/core';
import { UI_WORDS } from './words';

/** The logo: a bubble with a keyhole. */
@Component({
  selector: 'app-brand',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <svg [attr.width]="size()" [attr.height]="size()" viewBox="0 0 64 64" aria-hidden="true">
      <path
        class="bubble"
        d="M32 8c14 0 24 9 24 21s-10 21-24 21c-2.6 0-5.1-.3-7.4-.9L13.2 55c-1.2.6-2.5-.5-2.1-1.8l2.2-9.5C9.9 39.8 8 34.6 8 29 8 17 18 8 32 8z"
      />
      <path
        class="hole"
        d="M32 19a6 6 0 0 1 2.7 11.4l2.2 9.9a1.5 1.5 0 0 1-1.5 1.8h-6.8a1.5 1.5 0 0 1-1.5-1.8l2.2-9.9A6 6 0 0 1 32 19z"
      />
    </svg>
    <span>{{ words.product }}</span>
  `,
  styles: `
    :host {
      display: inline-flex;
      align-items: center;
      gap: var(--space-2);
      font-weight: 700;
      letter-spacing: -0.01em;
      white-space: nowrap;
    }
    .bubble {
      fill: var(--accent);
    }
    .hole {
      fill: var(--on-accent);
    }
    @media (forced-colors: active) {
      .bubble {
        fill: CanvasText;
      }
      .hole {
        fill: Canvas;
      }
    }
  `,
})
export class Brand {
  protected readonly words = UI_WORDS;
  /** In pixels. */
  readonly size = input(32);
}
