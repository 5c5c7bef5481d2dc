import { DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, inject, signal, viewChild } from '@angular/core';
import { codePoints, LIMITS } from '@app/contracts/edge';
import { Messenger } from '../../core/messenger/messenger';
import { failureWords } from '../../core/wording/failure-words';
import { DialogFrame } from '../../ui/dialog-frame';
import { Field } from '../../ui/field';

/** Gives a chat another name, for both. */
@Component({
  selector: 'app-rename-dialog',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [DialogFrame, Field],
  template: `
    <form novalidate (submit)="rename($event)">
      <app-dialog-frame heading="Rename this chat">
        <app-field
          #field
          label="Chat name"
          name="chat-name"
          hint="The other person sees it, too."
          [error]="error()"
          [(value)]="name"
        />
        <ng-container actions>
          <button class="button" type="button" (click)="close()">Cancel</button>
          <button class="button filled" type="submit" [attr.aria-disabled]="busy()">Rename</button>
        </ng-container>
      </app-dialog-frame>
    </form>
  `,
})
export class RenameDialog {
  readonly #dialog = inject(DialogRef);
  readonly #messenger = inject(Messenger);
  readonly #chat = inject<{ readonly chatId: string; readonly name: string }>(DIALOG_DATA);
  protected readonly name = signal(this.#chat.name);
  protected readonly error = signal('');
  protected readonly busy = signal(false);
  private readonly field = viewChild.required<Field>('field');

  protected async rename(event: Event): Promise<void> {
    event.preventDefault();
    if (this.busy()) return;
    const name = this.name().trim();
    if (name === '') return this.#refuse('Enter a name.');
    if (codePoints(name) > LIMITS.chatNameMax)
      return this.#refuse(`Use at most ${LIMITS.chatNameMax} characters.`);
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
