import { ChangeDetectionStrategy, Component, DestroyRef, inject, signal } from '@angular/core';
import { Messenger } from '../../core/messenger/messenger';
import { COMMON_WORDS } from '../../core/wording/common-words';
import { saveFile } from '../../ui/save-file';
import { failureWords } from '../../core/wording/failure-words';
import { Icon } from '../../ui/icon';
import { EXPORT_WORDS } from './words';

/** Exports everything that the user may read, as a file. */
@Component({
  selector: 'app-data-export',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon],
  template: `
    <section class="card stack">
      <h2>{{ words.heading }}</h2>
      <p class="soft">{{ words.meaning }}</p>
      @if (error(); as words) {
        <p class="notice bad" role="alert">{{ words }}</p>
      }
      <div class="row">
        @if (running()) {
          <p class="soft" aria-live="polite">{{ progress() }}</p>
          <button class="button outlined" type="button" (click)="cancel()">{{ common.cancel }}</button>
        } @else {
          <p class="soft" aria-live="polite">{{ done() }}</p>
          <button class="button outlined" type="button" (click)="start()">
            <app-icon name="download" [size]="18" />
            {{ words.start }}
          </button>
        }
      </div>
    </section>
  `,
  styles: `
    .row {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      justify-content: space-between;
      gap: var(--space-3);
    }
  `,
})
export class DataExport {
  readonly #client = inject(Messenger).client;
  readonly #destroyed = inject(DestroyRef);
  #stop = new AbortController();
  protected readonly words = EXPORT_WORDS;
  protected readonly common = COMMON_WORDS;
  protected readonly running = signal(false);
  protected readonly progress = signal('');
  protected readonly done = signal('');
  protected readonly error = signal('');

  constructor() {
    this.#destroyed.onDestroy(() => this.#stop.abort());
  }

  protected async start(): Promise<void> {
    this.#stop = new AbortController();
    const { signal: stopped } = this.#stop;
    this.running.set(true);
    this.error.set('');
    this.progress.set(EXPORT_WORDS.waiting);
    const chunks: BlobPart[] = [];
    try {
      await this.#client.api.exportData((chunk, received) => {
        chunks.push(new Uint8Array(chunk));
        this.progress.set(EXPORT_WORDS.received(sizeWords(received)));
      }, stopped);
      saveFile(`secure-chat-${new Date().toISOString().slice(0, 10)}.json`, chunks);
      this.done.set(EXPORT_WORDS.done);
    } catch (error) {
      if (!stopped.aborted) this.error.set(failureWords(error));
    }
    this.running.set(false);
  }

  protected cancel(): void {
    this.#stop.abort();
  }
}

function sizeWords(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
