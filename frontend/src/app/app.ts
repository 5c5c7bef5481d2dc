import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { RouterOutlet } from '@angular/router';
import { MessageNotices } from './core/device/message-notices';
import { PageFocus } from './core/device/page-focus';
import { VisibleHeight } from './core/device/visible-height';
import { SessionStore } from './core/session/session-store';
import { COMMON_WORDS, DROP_WORDS, INTERCEPTED_WORDS, SIGNING_OUT_WORDS } from './core/wording/common-words';
import { Brand } from './ui/brand';

/** How long the note about a dropped file is shown. In milliseconds. */
const SHOWN_MS = 6_000;

/** The root component: an outlet, or a notice while the server is unreachable at the start. */
@Component({
  selector: 'app-root',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [RouterOutlet, Brand],
  template: `
    @if (!signingOut()) {
      <router-outlet (activate)="shown.set(true)" />
    }
    @if (!shown() && !unreachable() && !signingOut()) {
      <div class="away wait"><app-brand [size]="40" /></div>
    }
    @if (signingOut()) {
      <main class="away wait">
        <app-brand [size]="40" />
        <h1>{{ leaving.heading }}</h1>
        <p class="soft">{{ leaving.detail }}</p>
        <p class="state" role="status">{{ words.reconnecting }}</p>
      </main>
    } @else if (unreachable()) {
      <main class="away">
        <app-brand [size]="40" />
        <h1>{{ words.unreachable }}</h1>
        <p class="soft">{{ words.unreachableHint }}</p>
        <p class="state" role="status">{{ words.reconnecting }}</p>
      </main>
    }
    @if (intercepted()) {
      <p class="notice warn above" role="alert">
        <span>{{ proxy.detail }}</span>
        <button class="button compact outlined" type="button" (click)="reload()">{{ proxy.reload }}</button>
      </p>
    }
    @if (dropped()) {
      <p class="notice warn above" role="alert">{{ drop.noFiles }}</p>
    }
  `,
  host: {
    '(document:dragover)': 'over($event)',
    '(document:drop)': 'over($event, true)',
  },
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
    .above {
      position: fixed;
      z-index: 1;
      inset: var(--space-3) var(--space-4) auto;
      align-items: center;
      max-width: 40rem;
      margin: 0 auto;
      box-shadow: var(--shadow);
    }
    .above span {
      flex: 1;
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
  /** Whether a page is shown. */
  protected readonly shown = signal(false);
  protected readonly unreachable = computed(() => this.#session.status() === 'unreachable');
  protected readonly signingOut = computed(() => this.#session.status() === 'signing-out');
  protected readonly intercepted = this.#session.intercepted;
  /** Whether a file was just dropped. */
  protected readonly dropped = signal(false);
  protected readonly leaving = SIGNING_OUT_WORDS;
  protected readonly proxy = INTERCEPTED_WORDS;
  protected readonly drop = DROP_WORDS;

  constructor() {
    inject(MessageNotices).start();
    inject(VisibleHeight).watch();
    inject(PageFocus).watch();
  }

  protected reload(): void {
    location.reload();
  }

  /** Prevents the browser from opening a dropped file in place of the page. Text may be dropped into a text box. */
  protected over(event: DragEvent, isDrop = false): void {
    const isFile = event.dataTransfer?.types.includes('Files') === true;
    if (!isFile && event.target instanceof Element && event.target.matches('input, textarea')) return;
    event.preventDefault();
    if (!isDrop || !isFile) return;
    this.dropped.set(true);
    setTimeout(() => this.dropped.set(false), SHOWN_MS);
  }
}
