import { ChangeDetectionStrategy, Component, computed, effect, inject, input, signal } from '@angular/core';
import { RouterLink } from '@angular/router';
import { PageFocus } from '../../core/device/page-focus';
import { Messenger } from '../../core/messenger/messenger';
import { COMMON_WORDS } from '../../core/wording/common-words';
import { dayAndTime } from '../../core/wording/time-words';
import { Icon } from '../../ui/icon';
import { CONVERSATION_WORDS } from './words';

/** What stands in the place of a chat that is not there, or not any more: why, and the way back. */
@Component({
  selector: 'app-chat-end',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [RouterLink, Icon],
  template: `
    <app-icon [name]="left() ? 'leave' : 'trash'" [size]="36" />
    <h2 data-heading>{{ heading() }}</h2>
    @if (who(); as words) {
      <p dir="auto">{{ words }}</p>
    }
    <p class="soft">{{ meaning() }}</p>
    <a class="button outlined" routerLink="/chats">{{ common.backToChats }}</a>
  `,
  styles: `
    :host {
      overflow-wrap: anywhere;
    }
    app-icon {
      padding: var(--space-4);
      border-radius: var(--radius-round);
      background: var(--sunken);
      color: var(--ink-soft);
    }
    .button {
      margin-top: var(--space-2);
    }
  `,
})
export class ChatEnd {
  readonly #api = inject(Messenger).client.api;
  readonly chatId = input.required<string>();
  /** Whether it was there while this page was open. */
  readonly wasHere = input.required<boolean>();
  readonly deleted = input.required<boolean>();
  readonly left = input.required<boolean>();
  /** What the other member was called, or null where there was none. */
  readonly other = input.required<string | null>();

  protected readonly common = COMMON_WORDS;
  /** Who deleted it, and when, as soon as it is known. */
  protected readonly who = signal('');
  protected readonly heading = computed(() => {
    if (!this.wasHere()) return CONVERSATION_WORDS.notFoundHeading;
    return this.left() ? CONVERSATION_WORDS.leftHeading : CONVERSATION_WORDS.goneHeading;
  });
  protected readonly meaning = computed(() => {
    if (!this.wasHere()) return CONVERSATION_WORDS.notFound;
    if (this.left()) return CONVERSATION_WORDS.left;
    return this.deleted() ? CONVERSATION_WORDS.deleted : CONVERSATION_WORDS.gone;
  });

  constructor() {
    // Who was writing writes into nothing now.
    inject(PageFocus).keep();
    effect(() => {
      if (this.wasHere() && this.deleted()) void this.#findWho(new Date().toISOString());
    });
  }

  /** The deletions of the user's own stand in their activity; in a chat of two, any other is the other member's. */
  async #findWho(now: string): Promise<void> {
    try {
      const events = await this.#api.activity();
      const mine = events.find(({ type, detail }) => type === 'chat-deleted' && detail === this.chatId());
      const other = this.other();
      if (mine) this.who.set(CONVERSATION_WORDS.youDeleted(dayAndTime(mine.at)));
      else if (other !== null) this.who.set(CONVERSATION_WORDS.otherDeleted(other, dayAndTime(now)));
    } catch {
      // Without an answer it stays untold.
    }
  }
}
