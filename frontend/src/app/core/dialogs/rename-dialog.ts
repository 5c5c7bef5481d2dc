import { DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, inject, signal, viewChild } from '@angular/core';
import { Messenger } from '../messenger/messenger';
import { chatNameFault } from '../session/account-rules';
import { CHAT_NAME_WORDS } from '../session/words';
import { CHAT_WORDS } from '../wording/chat-words';
import { COMMON_WORDS } from '../wording/common-words';
import { failureWords } from '../wording/failure-words';
import { DialogFrame } from '../../ui/dialog-frame';
import { Field } from '../../ui/field';
import { CHAT_DIALOG_WORDS, CHAT_MENU_WORDS } from './words';

/** The chat to rename, and the other member. */
interface RenamedChat {
  readonly chatId: string;
  readonly name: string;
  readonly other: string | undefined;
}

/** Renames a chat for both members. */
@Component({
  selector: 'app-rename-dialog',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [DialogFrame, Field],
  template: `
    <form novalidate (submit)="rename($event)">
      <app-dialog-frame [heading]="words.rename">
        <app-field
          #field
          [label]="common.chatName"
          name="chat-name"
          [hint]="hint"
          [error]="error()"
          [(value)]="name"
        />
        <ng-container actions>
          <button class="button" type="button" (click)="close()">{{ common.cancel }}</button>
          <button class="button filled" type="submit" [attr.aria-disabled]="busy()">{{ label }}</button>
        </ng-container>
      </app-dialog-frame>
    </form>
  `,
})
export class RenameDialog {
  readonly #dialog = inject(DialogRef);
  readonly #messenger = inject(Messenger);
  readonly #chat = inject<RenamedChat>(DIALOG_DATA);
  protected readonly words = CHAT_DIALOG_WORDS;
  protected readonly common = COMMON_WORDS;
  protected readonly label = CHAT_MENU_WORDS.rename;
  protected readonly hint = CHAT_DIALOG_WORDS.renameHint(this.#chat.other ?? CHAT_WORDS.otherPerson);
  protected readonly name = signal(this.#chat.name);
  protected readonly error = signal('');
  protected readonly busy = signal(false);
  private readonly field = viewChild.required<Field>('field');

  protected async rename(event: Event): Promise<void> {
    event.preventDefault();
    if (this.busy()) return;
    const name = this.name().trim();
    if (name === '') return this.#refuse(CHAT_NAME_WORDS.none);
    const fault = chatNameFault(name);
    if (fault !== '') return this.#refuse(fault);
    this.busy.set(true);
    try {
      await this.#messenger.client.renameChat(this.#chat.chatId, name);
      this.close();
    } catch (error) {
      this.#refuse(failureWords(error));
    }
    this.busy.set(false);
  }

  protected close(): void {
    this.#dialog.close();
  }

  #refuse(words: string): void {
    this.error.set(words);
    this.field().focus();
  }
}
