import { DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, inject, signal } from '@angular/core';
import { Messenger } from '../messenger/messenger';
import { inviteLink } from '../session/invite';
import { COMMON_WORDS } from '../wording/common-words';
import { failureWords } from '../wording/failure-words';
import { DialogFrame } from '../../ui/dialog-frame';
import { Icon } from '../../ui/icon';
import { KeyPanel } from '../../ui/key-panel';
import { CHAT_DIALOG_WORDS } from './words';

/** Shows a chat key for sharing. */
@Component({
  selector: 'app-key-dialog',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [DialogFrame, Icon, KeyPanel],
  template: `
    <app-dialog-frame [heading]="words.key">
      @if (key(); as shown) {
        <app-key-panel [key]="shown.key" [link]="shown.link" />
      } @else if (error(); as words) {
        <p class="notice bad" role="alert">
          <app-icon name="alert" [size]="18" />
          <span>{{ words }}</span>
        </p>
      }
      <ng-container actions>
        <button class="button outlined" type="button" (click)="close()">{{ common.close }}</button>
      </ng-container>
    </app-dialog-frame>
  `,
})
export class KeyDialog {
  readonly #dialog = inject(DialogRef);
  readonly #messenger = inject(Messenger);
  readonly #chatId = inject<{ readonly chatId: string }>(DIALOG_DATA).chatId;
  protected readonly words = CHAT_DIALOG_WORDS;
  protected readonly common = COMMON_WORDS;
  protected readonly key = signal<{ readonly key: string; readonly link: string } | null>(null);
  protected readonly error = signal('');

  constructor() {
    void this.#load();
  }

  protected close(): void {
    this.#dialog.close();
  }

  async #load(): Promise<void> {
    try {
      const key = await this.#messenger.client.api.chatKey(this.#chatId);
      this.key.set({ key, link: inviteLink(key) });
    } catch (error) {
      this.error.set(failureWords(error));
    }
  }
}
