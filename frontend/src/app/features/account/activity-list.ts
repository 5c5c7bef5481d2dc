import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import type { Activity, Chat } from '@app/contracts/edge';
import { Messenger } from '../../core/messenger/messenger';
import { chatTitle } from '../../core/wording/chat-words';
import { failureWords } from '../../core/wording/failure-words';
import { dayAndTime } from '../../core/wording/time-words';
import { deviceWords } from './device-words';
import { ACCOUNT_WORDS, ACTIVITY_WORDS, activityWords } from './words';

const FIRST = 8;

/** An event, and its object if that is known. */
function wordsFor({ type, detail }: Activity, chats: readonly Chat[], me: string | undefined): string {
  const words = ACTIVITY_WORDS[type];
  if (detail === null) return words;
  const [, actor, times = ''] =
    /^(by the operator|by a reset link)?.*?( \(\d+ times\))?$/su.exec(detail) ?? [];
  if (actor !== undefined) return `${words} ${actor}${times}`;
  if (type === 'key-revealed' || type === 'chat-deleted') {
    const chat = chats.find(({ id }) => id === detail);
    return chat ? activityWords(words, chatTitle(chat, me)) : words;
  }
  return activityWords(words, deviceWords(detail.slice(0, detail.length - times.length))) + times;
}

/** The activity of the account. */
@Component({
  selector: 'app-activity-list',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <section class="card stack">
      <h2>{{ words.activity }}</h2>
      @if (error(); as words) {
        <p class="notice bad" role="alert">{{ words }}</p>
      }
      <ul [attr.aria-label]="words.activity" role="list">
        @for (event of shown(); track $index) {
          <li [class.bad]="event.type === 'login-failed'">
            <span>{{ event.words }}</span>
            <time class="soft small" [attr.datetime]="event.at">{{ event.when }}</time>
          </li>
        }
      </ul>
      @if (more()) {
        <div class="actions">
          <button class="button compact outlined" type="button" (click)="all.set(true)">
            {{ words.showAll }}
          </button>
        </div>
      }
    </section>
  `,
  styles: `
    li {
      display: flex;
      flex-wrap: wrap;
      justify-content: space-between;
      gap: 0 var(--space-4);
      padding: var(--space-2) 0;
      border-top: 1px solid var(--line);
    }
    li:first-child {
      border-top: 0;
    }
    .bad span {
      color: var(--danger);
      font-weight: 600;
    }
  `,
})
export class ActivityList {
  readonly #messenger = inject(Messenger);
  readonly #events = signal<readonly Activity[]>([]);
  protected readonly words = ACCOUNT_WORDS;
  protected readonly error = signal('');
  protected readonly all = signal(false);
  protected readonly more = computed(() => !this.all() && this.#events().length > FIRST);
  protected readonly shown = computed(() =>
    this.#events()
      .slice(0, this.all() ? undefined : FIRST)
      .map((event) => ({
        at: event.at,
        type: event.type,
        words: wordsFor(event, this.#messenger.chats(), this.#messenger.user()?.id),
        when: dayAndTime(event.at),
      })),
  );

  constructor() {
    void this.#load();
  }

  async #load(): Promise<void> {
    try {
      this.#events.set(await this.#messenger.client.api.activity());
    } catch (error) {
      this.error.set(failureWords(error));
    }
  }
}
