import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import type { Activity, ActivityType } from '@app/contracts/edge';
import { Messenger } from '../../core/messenger/messenger';
import { failureWords } from '../../core/wording/failure-words';
import { dayAndTime } from '../../core/wording/time-words';

const WORDS: Readonly<Record<ActivityType, string>> = {
  registered: 'Account created',
  'logged-in': 'Logged in',
  'login-failed': 'A log-in failed',
  'logged-out': 'Signed out',
  'session-revoked': 'A session was signed out',
  'password-changed': 'Password changed',
  'reset-link-made': 'A link for a new password was made',
  'key-revealed': 'A chat key was shown',
  'chat-deleted': 'A chat was deleted',
};

/** What the server says of those who act without a session of the owner's; else the detail is a browser's own words. */
const ACTORS: readonly (string | null)[] = ['by the operator', 'by a reset link'];

const FIRST = 8;

function wordsFor(type: ActivityType, detail: string | null): string {
  return ACTORS.includes(detail) ? `${WORDS[type]} ${detail}` : WORDS[type];
}

/** What happened to the account. */
@Component({
  selector: 'app-activity-list',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <section class="card stack">
      <h2>Activity</h2>
      @if (error(); as words) {
        <p class="notice bad" role="alert">{{ words }}</p>
      }
      <ul aria-label="Activity" role="list">
        @for (event of shown(); track $index) {
          <li [class.bad]="event.type === 'login-failed'">
            <span>{{ event.words }}</span>
            <time class="soft small" [attr.datetime]="event.at">{{ event.when }}</time>
          </li>
        }
      </ul>
      @if (more()) {
        <div class="actions">
          <button class="button compact outlined" type="button" (click)="all.set(true)">Show all</button>
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
