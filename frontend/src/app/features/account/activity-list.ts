import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import type { Activity, ActivityType } from '@app/contracts/edge';
import { Messenger } from '../../core/messenger/messenger';
import { failureWords } from '../../core/wording/failure-words';
import { dayAndTime } from '../../core/wording/time-words';
import { ACCOUNT_WORDS, ACTIVITY_WORDS } from './words';

/** What the server says of those who act without a session of the owner's; else the detail is a browser's own words. */
const ACTORS: readonly (string | null)[] = ['by the operator', 'by a reset link'];

const FIRST = 8;

function wordsFor(type: ActivityType, detail: string | null): string {
  return ACTORS.includes(detail) ? `${ACTIVITY_WORDS[type]} ${detail}` : ACTIVITY_WORDS[type];
}

/** What happened to the account. */
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
  readonly #api = inject(Messenger).client.api;
  readonly #events = signal<readonly Activity[]>([]);
  protected readonly words = ACCOUNT_WORDS;
  protected readonly error = signal('');
  protected readonly all = signal(false);
  protected readonly more = computed(() => !this.all() && this.#events().length > FIRST);
  protected readonly shown = computed(() =>
    this.#events()
      .slice(0, this.all() ? undefined : FIRST)
      .map(({ at, type, detail }) => ({ at, type, words: wordsFor(type, detail), when: dayAndTime(at) })),
  );

  constructor() {
    void this.#load();
  }

  async #load(): Promise<void> {
    try {
      this.#events.set(await this.#api.activity());
    } catch (error) {
      this.error.set(failureWords(error));
    }
  }
}
