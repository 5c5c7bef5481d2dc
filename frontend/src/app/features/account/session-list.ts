import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { ApiError } from '@app/client';
import type { Session } from '@app/contracts/edge';
import { Messenger } from '../../core/messenger/messenger';
import { failureWords } from '../../core/wording/failure-words';
import { dayAndTime } from '../../core/wording/time-words';
import { deviceWords } from './device-words';
import { ACCOUNT_WORDS } from './words';

/** The sessions of the account, each with a button that ends it. */
@Component({
  selector: 'app-session-list',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <section class="card stack">
      <h2>{{ words.sessionsHeading }}</h2>
      @if (error(); as words) {
        <p class="notice bad" role="alert">{{ words }}</p>
      }
      <ul [attr.aria-label]="words.sessions" role="list">
        @for (session of rows(); track session.id) {
          <li>
            <div>
              <p class="device">{{ session.device }}</p>
              <p class="soft small">{{ session.when }}</p>
            </div>
            @if (session.current) {
              <span class="this">{{ words.thisBrowser }}</span>
            } @else {
              <button class="button compact outlined" type="button" (click)="end(session.id)">
                {{ words.endSession }}
              </button>
            }
          </li>
        }
      </ul>
      @if (others().length > 1) {
        <div class="actions">
          <button
            class="button compact outlined"
            type="button"
            [attr.aria-disabled]="ending()"
            (click)="endOthers()"
          >
            {{ words.endOthers }}
          </button>
        </div>
      }
    </section>
  `,
  styles: `
    ul {
      display: grid;
    }
    li {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      justify-content: space-between;
      gap: var(--space-2) var(--space-4);
      padding: var(--space-3) 0;
      border-top: 1px solid var(--line);
    }
    li:first-child {
      border-top: 0;
    }
    .device {
      font-weight: 600;
      overflow-wrap: anywhere;
    }
    .this {
      padding: 0.15rem var(--space-3);
      border-radius: var(--radius-round);
      background: var(--accent-soft);
      color: var(--accent-ink);
      font-size: var(--text-s);
      font-weight: 600;
    }
  `,
})
export class SessionList {
  readonly #api = inject(Messenger).client.api;
  readonly #sessions = signal<readonly Session[]>([]);
  protected readonly words = ACCOUNT_WORDS;
  protected readonly error = signal('');
  protected readonly rows = computed(() =>
    this.#sessions().map(({ id, current, userAgent, createdAt, lastSeenAt }) => ({
      id,
      current,
      device: deviceWords(userAgent),
      when: ACCOUNT_WORDS.sessionTimes(dayAndTime(createdAt), dayAndTime(lastSeenAt)),
    })),
  );

  protected readonly others = computed(() => this.#sessions().filter(({ current }) => !current));
  protected readonly ending = signal(false);

  constructor() {
    void this.load();
  }

  /** Fetches the sessions again. */
  async load(): Promise<void> {
    try {
      const sessions = await this.#api.sessions();
      this.#sessions.set([...sessions].sort((a, b) => Number(b.current) - Number(a.current)));
      this.error.set('');
    } catch (error) {
      this.error.set(failureWords(error));
    }
  }

  protected async end(id: string): Promise<void> {
    try {
      await this.#api.revokeSession(id);
    } catch (error) {
      return this.error.set(failureWords(error));
    }
    await this.load();
  }

  /** Ends every session except this one. */
  protected async endOthers(): Promise<void> {
    if (this.ending()) return;
    this.ending.set(true);
    try {
      for (const { id } of this.others()) await this.#endIfThere(id);
      await this.load();
    } catch (error) {
      await this.load();
      this.error.set(failureWords(error));
    }
    this.ending.set(false);
  }

  async #endIfThere(id: string): Promise<void> {
    try {
      await this.#api.revokeSession(id);
    } catch (error) {
      // It has ended meanwhile.
      if (!(error instanceof ApiError) || error.code !== 'NOT_FOUND') throw error;
    }
  }
}
