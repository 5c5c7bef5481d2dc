import { ChangeDetectionStrategy, Component, computed, inject, input, signal } from '@angular/core';
import { MessageNotices } from '../../core/device/message-notices';
import { Preferences } from '../../core/device/preferences';
import { NOTICE_WORDS } from '../../core/messenger/words';
import { NOTICE_OFFER_WORDS } from './words';

/** Offers notifications once, where the browser has not been asked yet and nobody has decided. */
@Component({
  selector: 'app-notice-offer',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    @if (blocked()) {
      <p aria-live="polite">{{ notices.blocked }}</p>
    } @else if (open()) {
      <p>{{ words.offer(other()) }}</p>
      <button class="button compact outlined" type="button" (click)="accept()">{{ words.accept }}</button>
      <button class="button compact" type="button" (click)="answered()">{{ words.decline }}</button>
    }
  `,
  styles: `
    :host {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      justify-content: center;
      gap: var(--space-2) var(--space-3);
      padding: 0 var(--space-4);
      color: var(--ink-soft);
      font-size: var(--text-s);
      overflow-wrap: anywhere;
    }
    :host:not(:empty) {
      padding-block: var(--space-2);
    }
    p {
      flex: 0 1 36rem;
    }
    /* With a keyboard on the screen there is room for what is written alone. */
    @media (max-height: 30rem) {
      :host {
        display: none;
      }
    }
  `,
})
export class NoticeOffer {
  readonly #notices = inject(MessageNotices);
  readonly #preferences = inject(Preferences);
  /** What the other person is called. */
  readonly other = input.required<string>();

  protected readonly words = NOTICE_OFFER_WORDS;
  protected readonly notices = NOTICE_WORDS;
  protected readonly blocked = signal(false);
  protected readonly open = computed(() => {
    const { notify, noticesOffered } = this.#preferences.choices();
    return !notify && !noticesOffered && this.#notices.permission === 'default';
  });

  protected async accept(): Promise<void> {
    this.blocked.set(!(await this.#notices.turnOn()));
    this.answered();
  }

  protected answered(): void {
    this.#preferences.choose({ noticesOffered: true });
  }
}
