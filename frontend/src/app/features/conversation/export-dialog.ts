import { DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, DestroyRef, inject, signal } from '@angular/core';
import type { ApiError } from '@app/client';
import { Messenger } from '../../core/messenger/messenger';
import { chatTitle } from '../../core/wording/chat-words';
import { COMMON_WORDS } from '../../core/wording/common-words';
import { failureWords } from '../../core/wording/failure-words';
import { timeZone } from '../../core/wording/time-zone';
import { DialogFrame } from '../../ui/dialog-frame';
import { Icon } from '../../ui/icon';
import { saveFile } from '../../ui/save-file';
import { exportChat } from './chat-export';
import { exportFileName } from './export-file-name';
import { CHAT_EXPORT_WORDS } from './export-words';

/** Saves a chat as a page of HTML. */
@Component({
  selector: 'app-export-dialog',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [DialogFrame, Icon],
  template: `
    <app-dialog-frame [heading]="words.heading">
      <p>{{ words.meaning }}</p>
      @if (error(); as failure) {
        <p class="notice bad" role="alert">
          <app-icon name="alert" [size]="18" />
          <span>{{ failure }}</span>
        </p>
      }
      <p class="soft" aria-live="polite">{{ state() }}</p>
      @if (running()) {
        <p class="soft">{{ progress() }}</p>
      }
      <ng-container actions>
        <button class="button outlined" type="button" (click)="close()">
          {{ done() ? common.close : common.cancel }}
        </button>
        @if (!done()) {
          <button class="button filled" type="button" [attr.aria-disabled]="running()" (click)="start()">
            <app-icon name="download" [size]="18" />
            {{ words.start }}
          </button>
        }
      </ng-container>
    </app-dialog-frame>
  `,
})
export class ExportDialog {
  readonly #dialog = inject(DialogRef);
  readonly #client = inject(Messenger).client;
  readonly #chatId = inject<{ readonly chatId: string }>(DIALOG_DATA).chatId;
  readonly #stop = new AbortController();
  protected readonly words = CHAT_EXPORT_WORDS;
  protected readonly common = COMMON_WORDS;
  protected readonly running = signal(false);
  protected readonly done = signal(false);
  protected readonly state = signal('');
  protected readonly progress = signal('');
  protected readonly error = signal('');

  constructor() {
    // Whatever closes it ends the export.
    inject(DestroyRef).onDestroy(() => this.#stop.abort());
  }

  protected async start(): Promise<void> {
    if (this.running()) return;
    const { signal: stopped } = this.#stop;
    const at = new Date().toISOString();
    this.running.set(true);
    this.error.set('');
    this.progress.set('');
    this.state.set(CHAT_EXPORT_WORDS.reading);
    try {
      const pieces = await exportChat({
        client: this.#client,
        chatId: this.#chatId,
        timeZone: timeZone(),
        at,
        signal: stopped,
        onProgress: (read, total) => this.progress.set(CHAT_EXPORT_WORDS.progress(read, total)),
        onWaiting: (cause) => this.state.set(waitingWords(cause)),
      });
      const chat = this.#client.chat(this.#chatId);
      saveFile(exportFileName(chat ? chatTitle(chat, this.#client.user?.id) : '', at), pieces, 'text/html');
      this.done.set(true);
      this.state.set(CHAT_EXPORT_WORDS.done);
    } catch (error) {
      if (stopped.aborted) return;
      this.state.set('');
      this.error.set(failureWords(error));
    }
    this.running.set(false);
  }

  protected close(): void {
    this.#dialog.close();
  }
}

function waitingWords(cause: ApiError | null): string {
  if (!cause) return CHAT_EXPORT_WORDS.reading;
  return cause.code === 'RATE_LIMITED' ? CHAT_EXPORT_WORDS.busy : CHAT_EXPORT_WORDS.noConnection;
}
