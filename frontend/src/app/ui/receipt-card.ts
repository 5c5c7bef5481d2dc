import { ChangeDetectionStrategy, Component, input } from '@angular/core';
import { Icon } from './icon';
import { RECEIPT_WORDS } from './words';

/** Shows an erasure receipt. */
@Component({
  selector: 'app-receipt-card',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon],
  template: `
    <app-icon name="shield" [size]="28" />
    <h2 data-heading>{{ words.heading }}</h2>
    <dl>
      <div>
        <dt>{{ words.keyDestroyed }}</dt>
        <dd>{{ keyDestroyed() }}</dd>
      </div>
      <div>
        <dt>{{ words.messagesErased }}</dt>
        <dd>{{ messagesErased() }}</dd>
      </div>
      <div>
        <dt>{{ words.storageErased }}</dt>
        <dd>{{ erased() }}</dd>
      </div>
      <div>
        <dt>{{ words.chat }}</dt>
        <dd class="mono">{{ chatId() }}</dd>
      </div>
    </dl>
    <p class="hint">{{ words.meaning }}</p>
    <ng-content />
  `,
  styles: `
    :host {
      display: grid;
      gap: var(--space-4);
      padding: var(--space-5);
      border: 1px solid var(--line);
      border-radius: var(--radius-l);
      background: var(--surface);
      text-align: start;
    }
    app-icon {
      color: var(--accent-ink);
    }
    dl {
      display: grid;
      gap: var(--space-2);
    }
    dl div {
      display: grid;
      grid-template-columns: 9rem minmax(0, 1fr);
      gap: var(--space-3);
    }
    dt {
      color: var(--ink-soft);
    }
    dd {
      overflow-wrap: anywhere;
    }
    @media (max-width: 30rem) {
      dl div {
        grid-template-columns: minmax(0, 1fr);
        gap: 0;
      }
    }
  `,
})
export class ReceiptCard {
  protected readonly words = RECEIPT_WORDS;
  readonly chatId = input.required<string>();
  /** The time as a text. */
  readonly keyDestroyed = input.required<string>();
  readonly messagesErased = input.required<number>();
  /** The time as a text. */
  readonly erased = input.required<string>();
}
