import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { RouterOutlet } from '@angular/router';
import { MessageNotices } from './core/device/message-notices';
import { VisibleHeight } from './core/device/visible-height';
import { SessionStore } from './core/session/session-store';
import { COMMON_WORDS } from './core/wording/common-words';
import { Brand } from './ui/brand';

/** The page's frame: an outlet, or what to say while the server cannot be asked who is signed in. */
@Component({
  selector: 'app-root',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [RouterOutlet, Brand],
  template: `
    <router-outlet (activate)="shown.set(true)" />
    @if (!shown() && !unreachable()) {
      <div class="away wait"><app-brand [size]="40" /></div>
    }
    @if (unreachable()) {
      <main class="away">
        <app-brand [size]="40" />
        <h1>{{ words.unreachable }}</h1>
        <p class="soft">{{ words.unreachableHint }}</p>
        <p class="state" role="status">{{ words.reconnecting }}</p>
      </main>
    }
  `,
  styles: `
    .away {
      display: grid;
      align-content: center;
      justify-items: center;
      gap: var(--space-4);
      min-height: 100%;
      padding: var(--space-5);
      text-align: center;
    }
    /* Seen only where the first answer takes long enough for an empty page to look broken. */
    .wait {
      animation: appear 200ms 600ms both;
    }
    @keyframes appear {
      from {
        opacity: 0;
      }
    }
    .state {
      padding: var(--space-1) var(--space-4);
      border-radius: var(--radius-round);
      background: var(--warn-soft);
      color: var(--warn-ink);
      font-size: var(--text-s);
      font-weight: 600;
    }
  `,
})
export class App {
  readonly #session = inject(SessionStore);
  protected readonly words = COMMON_WORDS;
  /** Whether a page stands. */
  protected readonly shown = signal(false);
  protected readonly unreachable = computed(() => this.#session.status() === 'unreachable');

  constructor() {
    inject(MessageNotices).start();
    inject(VisibleHeight).watch();
  }
}
